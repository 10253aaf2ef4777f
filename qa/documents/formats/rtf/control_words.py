"""Control words of the Rich Text Format that the reader knows."""

# Groups whose text is not part of the document, in addition to unknown ones that start with \\*.
LEFT_OUT = frozenset(
    """
    annotation atnauthor atnid atrfend atrfstart bkmkend bkmkstart colortbl falt filetbl fldinst fname footer
    footerf footerl footerr header headerf headerl headerr latentstyles levelnumbers leveltext listname
    listoverridetable listpicture listtable nextfile nonesttables nonshppict objdata panose pict private revtbl
    rsidtbl rxe shprslt sp tc tcn template txe xe
    """.split()  # noqa: SIM905 -- reads better as text
)
DESTINATIONS = {
    **dict.fromkeys(LEFT_OUT, "out"),
    **{"fonttbl": "fonts", "stylesheet": "styles", "info": "info", "title": "title", "footnote": "note"},
    **{"shptxt": "box", "dptxbxtext": "box", "listtext": "marker", "pntext": "marker"},
}
KNOWN = {*DESTINATIONS, "shp", "shpinst", "do", "result", "fldrslt", "nesttableprops"} - LEFT_OUT
NOTED = {"pict": "picture", "shppict": "picture", "annotation": "comment", "object": "embedded object"}
BREAKS = {"par", "sect", "page", "column"}
CHARACTERS = {
    **{"line": "\n", "emdash": "\u2014", "endash": "\u2013", "bullet": "\u2022"},
    **dict.fromkeys(("tab", "emspace", "enspace", "qmspace"), " "),
    **{"lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d"},
}
CHARSETS = {
    **{0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950"},
    **{161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251"},
    **{222: "cp874", 238: "cp1250"},
}
PAGES = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
