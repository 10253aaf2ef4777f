from __future__ import annotations

import pytest

from qa.claims import Opens
from qa.generation.reply_parser import CitedSentence, sentences

Read = tuple[str, list[int], Opens]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("It broke [S1]. It was mended [S2].", [("It broke.", [1], "paragraph"), ("It was mended.", [2], "")]),
        ("It broke. [S1] It was mended. [S2]", [("It broke.", [1], "paragraph"), ("It was mended.", [2], "")]),
        ("The cable broke.[S1][S3]", [("The cable broke.", [1, 3], "paragraph")]),
        ("It broke [S1, S2] twice [S4-S6].", [("It broke twice.", [1, 2, 4, 5, 6], "paragraph")]),
        ("It broke [s1 and S3; 5].", [("It broke.", [1, 3, 5], "paragraph")]),
        ("It broke (S1, S2).", [("It broke.", [1, 2], "paragraph")]),
        ("It broke (1858) in 2 (two) places.", [("It broke (1858) in 2 (two) places.", [], "paragraph")]),
        ("It broke [1].", [("It broke.", [1], "paragraph")]),
        ("It broke \u3010S1\u3011.", [("It broke.", [1], "paragraph")]),
        (
            'He said "It broke." [S2] Then he left.',
            [('He said "It broke."', [2], "paragraph"), ("Then he left.", [], "")],
        ),
        ("It broke [S0]. And again [S999].", [("It broke.", [0], "paragraph"), ("And again.", [999], "")]),
        ("It broke [S1-S400].", [("It broke.", [], "paragraph")]),
        ("- It **broke** [S1]\n* Mended [S2]", [("It broke", [1], "bullet"), ("Mended", [2], "bullet")]),
        ("1. It broke [S1]. Badly.\n2) Mended [S2].",
         [("It broke.", [1], "step"), ("Badly.", [], ""), ("Mended.", [2], "step")]),
        ("Two things:\n\n- One [S1]\n\nEnd.",
         [("Two things:", [], "paragraph"), ("One", [1], "bullet"), ("End.", [], "paragraph")]),
        ("## Costs\nIt is dear [S1].\n**Gains**\nIt is fast.",
         [("Costs", [], "heading"), ("It is dear.", [1], "paragraph"), ("Gains", [], "heading"),
          ("It is fast.", [], "paragraph")]),
        ("Run [S1]:\n```sh\nqa  index a.md\n# [S2] is no mark here\n```\nDone.",
         [("Run:", [1], "paragraph"), ("qa  index a.md\n# [S2] is no mark here", [], "code"),
          ("Done.", [], "paragraph")]),
        ("```\nnot closed", [("not closed", [], "code")]),
        ("Set APP_CACHE__TTL to __5m__.", [("Set APP_CACHE__TTL to 5m.", [], "paragraph")]),
        ("The U.S. Navy gave a ship [S1].", [("The U.S. Navy gave a ship.", [1], "paragraph")]),
        ("It broke [see below].", [("It broke [see below].", [], "paragraph")]),
        ("It broke ([S1], [S2]). It was **[S3]** mended (see [S4]).",
         [("It broke.", [1, 2], "paragraph"), ("It was mended.", [3, 4], "")]),
        ("It broke [S1](a.md). So ([S2](b/c.txt)).", [("It broke.", [1], "paragraph"), ("So.", [2], "")]),
        ("It broke [[S1]](#s1), `[S2]` <sup>[S3]</sup>.", [("It broke.", [1, 2, 3], "paragraph")]),
        ("According to [S1], it broke.", [("According to the source, it broke.", [1], "paragraph")]),
        ("**Answer:** It *really* broke [S1].\n\nSources: [S1], [S2]", [("It really broke.", [1], "paragraph")]),
        ("2 * 3 * 4 is `a*b` in a 5* hotel, *{x}*.", [("2 * 3 * 4 is `a*b` in a 5* hotel, *{x}*.", [], "paragraph")]),
        ("| | ship | cable |\n|---|:-:|---|\n| **Cost** | high [S1] | low [S2]. |\n| Age |  | 9 [S3] |\nEnd.",
         [("Cost: high (ship); low (cable)", [1, 2], "bullet"), ("Age: 9 (cable)", [3], "bullet"),
          ("End.", [], "paragraph")]),
        ("> It broke [S1].", [("It broke.", [1], "paragraph")]),
        ("It broke [S1]-[S3]. It was mended [S4] and [S6].",
         [("It broke.", [1, 2, 3], "paragraph"), ("It was mended.", [4, 6], "")]),
        ("It broke [S1, S2, and S4]. It was mended [S5], [S6] and [S7].",
         [("It broke.", [1, 2, 4], "paragraph"), ("It was mended.", [5, 6, 7], "")]),
        ("It broke [S1\u2011S3]. It was mended [S4/S5]. It worked [S6 S8].",
         [("It broke.", [1, 2, 3], "paragraph"), ("It was mended.", [4, 5], ""), ("It worked.", [6, 8], "")]),
        ("It broke (see S1). It was mended [Sources: S2; S3].",
         [("It broke.", [1], "paragraph"), ("It was mended.", [2, 3], "")]),
        ("It broke \u3010S1\u2020source\u3011 twice [S2: it broke] \\[S3\\].",
         [("It broke twice.", [1, 2, 3], "paragraph")]),
        ("\u65ad\u4e86\u3002[S1] \u4fee\u597d\u4e86\u3002[S2]",
         [("\u65ad\u4e86\u3002", [1], "paragraph"), ("\u4fee\u597d\u4e86\u3002", [2], "")]),
        ("**It broke.** [S1] Really?? [S2] It *was.* [S3]",
         [("It broke.", [1], "paragraph"), ("Really??", [2], ""), ("It was.", [3], "")]),
        ("[S1] It broke. [S2] It was mended.", [("It broke.", [1], "paragraph"), ("It was mended.", [2], "")]),
        ("**It opened in 1932 [S4].**", [("It opened in 1932.", [4], "paragraph")]),
        ("**1932**", [("1932", [], "paragraph")]),
        ("# 1932 [S4]", [("1932", [4], "paragraph")]),
        ("Set `APP_ [S1]`.", [("Set `APP_`.", [1], "paragraph")]),
        ("In [1932] it was `argv[1]`, `2**8` and `__init__.py` [S4].",
         [("In [1932] it was `argv[1]`, `2**8` and `__init__.py`.", [4], "paragraph")]),
        ('```json\n{"ports": [80, 81]}\n``` [S4]\nRun `a. B` [S5].',
         [('{"ports": [80, 81]}', [4], "code"), ("Run `a. B`.", [5], "paragraph")]),
        ("Run:\n```\nqa\n```\n[S1]\n```qa index``` [S2]\nEnd.",
         [("Run:", [], "paragraph"), ("qa", [1], "code"), ("```qa index```", [2], "paragraph"),
          ("End.", [], "paragraph")]),
        ("```markdown\nIt broke [S1].\n\n- Twice [S2]\n```",
         [("It broke.", [1], "paragraph"), ("Twice", [2], "bullet")]),
        ("It broke.\r\n```\r\na\r\nb\r\n```\r\n", [("It broke.", [], "paragraph"), ("a\nb", [], "code")]),
        ("<answer>It broke [S1].</answer><|im_end|>", [("It broke.", [1], "paragraph")]),
        ("It broke [S1]. It was mended [S1, S", [("It broke.", [1], "paragraph"), ("It was mended", [], "")]),
        ("Bake 50 g. Call rates.ALL at 37 \u00b0C. It is by J. Lind [S1].",
         [("Bake 50 g.", [], "paragraph"), ("Call rates.ALL at 37 \u00b0C.", [], ""), ("It is by J. Lind.", [1], "")]),
        # Numbers without square brackets.
        ("It broke S1. It was mended S2, S3. So S4-S6", [("It broke.", [1], "paragraph"),
         ("It was mended.", [2, 3], ""), ("So", [4, 5, 6], "")]),
        ("It broke. S1 It was mended. S2, S3", [("It broke.", [1], "paragraph"), ("It was mended.", [2, 3], "")]),
        ("It broke **S1**. Mended `S2`; so ^S3. So (from S4).",
         [("It broke.", [1], "paragraph"), ("Mended; so.", [2, 3], ""), ("So.", [4], "")]),
        ("S1: It broke.\n[S2]: Mended.\nAs shown in S3, so.",
         [("It broke.", [1], "paragraph"), ("Mended.", [2], ""), ("As shown in the source, so.", [3], "")]),
        ("| | cost |\n|---|---|\n| ship | high S1 |", [("ship: high (cost)", [1], "bullet")]),
        ("\u65ad\u4e86 S1\u3002\u4fee\u597d\u4e86\uff08S2\uff09\u3002",
         [("\u65ad\u4e86\u3002", [1], "paragraph"), ("\u4fee\u597d\u4e86\u3002", [2], "")]),
        ("The S1 and S2 lines meet. It is the S4, of S5.1 [S6]. It is an S7.",
         [("The S1 and S2 lines meet.", [], "paragraph"), ("It is the S4, of S5.1.", [6], ""),
          ("It is an S7.", [], "")]),
        ("It broke [S1. It was mended S2].", [("It broke.", [1], "paragraph"), ("It was mended.", [2], "")]),
        # Superscripts.
        ("It broke\u00b9. Mended.\u00b2 So\u00b3 it was fast\u2074,\u2075.",
         [("It broke.", [1], "paragraph"), ("Mended.", [2], ""), ("So\u00b3 it was fast.", [4, 5], "")]),
        ("It broke<sup>1</sup>. Mended<sup>S2, S3</sup>, then^4. Up^[S5].",
         [("It broke.", [1], "paragraph"), ("Mended, then.", [2, 3, 4], ""), ("Up.", [5], "")]),
        ("It has 5 m\u00b2, 3 feet\u00b2, 2^3 and 10<sup>6</sup> [S1].",
         [("It has 5 m\u00b2, 3 feet\u00b2, 2^3 and 10<sup>6</sup>.", [1], "paragraph")]),
        # Other brackets, ranges and stops.
        ("It broke {S1}. Mended [S2.]. So [S3, line 4] it was [S5\u2026S7].",
         [("It broke.", [1], "paragraph"), ("Mended.", [2], ""), ("So it was.", [3, 5, 6, 7], "")]),
        ("It broke [1]\u2013[3]. Mended [4], [5]. So [`S6`] [S7 through S9].",
         [("It broke.", [1, 2, 3], "paragraph"), ("Mended.", [4, 5], ""), ("So.", [6, 7, 8, 9], "")]),
        ("It broke. [S1, S2]. Mended [S3]. [S4]. It broke - [S5].",
         [("It broke.", [1, 2], "paragraph"), ("Mended.", [3, 4], ""), ("It broke.", [5], "")]),
        # Numbers on lines of their own.
        ("- It broke.\n  S1\n- Mended.\n  (S2)\n- So.\n  - [S3]\n- Up.\n  Source: [S4]",
         [("It broke.", [1], "bullet"), ("Mended.", [2], "bullet"), ("So.", [3], "bullet"), ("Up.", [4], "bullet")]),
        ("It broke [S1].\n\n**Sources**\n- [S1]\n- [S2]", [("It broke.", [1], "paragraph")]),
        ("It broke.\n\nSources: S1, S2", [("It broke.", [1, 2], "paragraph")]),
        ("Sources:\n- It is wood [S1].", [("Sources:", [], "paragraph"), ("It is wood.", [1], "bullet")]),
        (f"It broke \ue010{'9' * 5000}\ue011 \ue000x\ue001.", [(f"It broke {'9' * 5000} x.", [], "paragraph")]),
        # Code in a list, tables with a column of sources, lines of a list without signs, other tags and signs.
        ("1. Run:\n\n   ```py\n   def f():\n       return 1\n   ```\n",
         [("Run:", [], "step"), ("def f():\n    return 1", [], "code")]),
        ("| From | To | Source |\n|---|---|---|\n| 6 a.m. | 8 p.m. | [S1] |\n| `a\\|b` | 9. | [S2] |\n| [S3] | 10 |",
         [("6 a.m.: 8 p.m. (To)", [1], "bullet"), ("`a|b`: 9 (To)", [2], "bullet"), ("10 (To)", [3], "bullet")]),
        ("**Adults**: \u20ac9.00 [S1]\n**Children**: free [S2]\nIt opens\nin May.",
         [("Adults: \u20ac9.00", [1], "paragraph"), ("Children: free", [2], "paragraph"),
          ("It opens", [], "paragraph"), ("in May.", [], "")]),
        ("- [ ] <b>Fill</b> it<br>now [S1]\n- [x] Stop [S2]",
         [("Fill it now", [1], "bullet"), ("Stop", [2], "bullet")]),
        # Marks with titles and links, and as nouns.
        ("It broke [a.txt, S1]. Mended [Document 1: S2; S3], as [S4 in b.md] ([S5](#s5), [S6](#s6)).",
         [("It broke.", [1], "paragraph"), ("Mended, as.", [2, 3, 4, 5, 6], "")]),
        ("[S1] says that Lee et al. [S2] broke it. As [S3] states, it was bad.",
         [("The source says that Lee et al. broke it.", [1, 2], "paragraph"),
          ("As the source states, it was bad.", [3], "")]),
        ("It broke [S:1]. Mended [#S2]. So [@S3; @S4] and [S:5-S:6].",
         [("It broke.", [1], "paragraph"), ("Mended.", [2], ""), ("So.", [3, 4, 5, 6], "")]),
        ("So E[S_1] is $f(S_2)$ in the form (S-3) [S4].",
         [("So E[S_1] is $f(S_2)$ in the form (S-3).", [4], "paragraph")]),
        ("It broke [S1\u3001S2]. Mended \uff3bS3\uff0cS4\uff3d, <S5>.",
         [("It broke.", [1, 2], "paragraph"), ("Mended.", [3, 4, 5], "")]),
        ("It broke (Sentence 1). Mended (a.txt, S2) \\cite{S3}. So it is (by S. Wu, S4).",
         [("It broke.", [1], "paragraph"), ("Mended (a.txt).", [2, 3], ""), ("So it is (by S. Wu).", [4], "")]),
        # A list of sources with their words.
        ("It broke [S1].\n\n**Sources:**\n- [S1] It broke.\n- **[S2]** Mended.\n1. [S3]: So.",
         [("It broke.", [1], "paragraph")]),
        ("Yes [S1].\n\nEvidence:\n- It is wood [S1].",
         [("Yes.", [1], "paragraph"), ("Evidence:", [], "paragraph"), ("It is wood.", [1], "bullet")]),
        ("Evidence\n\n[S1] It broke.", [("Evidence", [], "paragraph"), ("It broke.", [1], "paragraph")]),
        # Other wrappings.
        ("<div> and <p> are blocks [S1].", [("<div> and <p> are blocks.", [1], "paragraph")]),
        ('{"answer": "It \\"broke\\" [S1].\\nMended."}',
         [('It "broke".', [1], "paragraph"), ("Mended.", [], "")]),
        ('```json\n{"answer": "It broke.", "sources": ["S1", "S2"]}\n```', [("It broke.", [1, 2], "paragraph")]),
        ('{"port": 80} is sent [S1].', [('{"port": 80} is sent.', [1], "paragraph")]),
        ("Assistant: It broke [S1].", [("It broke.", [1], "paragraph")]),
        ("**Question:** Did it?\n\n**Answer:** It broke [S1].", [("It broke.", [1], "paragraph")]),
        ("<ul>\n<li>It broke [S1]</li>\n</ul>\n<p>Mended [S2].</p>",
         [("It broke", [1], "bullet"), ("Mended.", [2], "paragraph")]),
        ("```sh\nqa ask  # [S1]\nqa index [S2, S3]\n# [S4]\n```",
         [("qa ask\nqa index", [1, 2, 3, 4], "code")]),
        ("--- [S1]", []),
        ("", []),
        ("\n \n", []),
    ],
)  # fmt: skip
def test_a_whole_reply_is_cut_into_sentences_and_what_they_name(reply: str, expected: list[Read]) -> None:
    found, partial = sentences(reply, ended=True)
    assert [(one.text, list(one.cited), one.opens) for one in found] == expected
    assert partial == ""


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("It stops at Altona S1. It is the western line (S1).",
         [("It stops at Altona S1.", []), ("It is the western line (S1).", [])]),
        ("The line is (see S1) `S1` [S3]. So **S2**, S4.",
         [("The line is (see S1) `S1`.", [3]), ("So S2, S4.", [])]),
        ("S1: It is red [S2].\nS1", [("S1: It is red.", [2]), ("S1", [])]),
    ],
)  # fmt: skip
def test_names_of_the_documents_are_no_numbers(reply: str, expected: list[tuple[str, list[int]]]) -> None:
    found, _ = sentences(reply, ended=True, bare=False)
    assert [(one.text, list(one.cited)) for one in found] == expected


def test_steps_keep_their_numbers() -> None:
    found, _ = sentences("1. One.\n2. Two.\n```\nx\n```\n3. Three.", ended=True)
    assert [one.number for one in found if one.opens == "step"] == [1, 2, 3]


def test_a_sentence_is_whole_when_the_next_begins() -> None:
    broke = CitedSentence("The cable broke.", (1,), "paragraph")
    assert sentences("The cable bro", ended=False) == ([], "The cable bro")
    assert sentences("Until then, it's", ended=False) == ([], "Until then, it's")
    assert sentences("Until then,", ended=False) == ([], "Until then,")
    assert sentences("- So.\nSee", ended=False) == ([CitedSentence("So.", (), "bullet")], "See")
    assert sentences("The cable broke. [S1", ended=False) == ([], "The cable broke.")
    assert sentences("The cable broke (S1", ended=False) == ([], "The cable broke")
    assert sentences("The cable broke. [S1]", ended=False) == ([], "The cable broke.")
    assert sentences("The cable broke. [S1] It", ended=False) == ([broke], "It")
    assert sentences('He said "It broke. It is', ended=False) == ([], 'He said "It broke. It is')
    assert sentences("- It broke [S1]\nIt", ended=False)[0] == [CitedSentence("It broke", (1,), "bullet")]
    assert sentences("```\nqa index\nqa as", ended=False) == ([], "qa index\nqa as")


@pytest.mark.parametrize(
    "reply",
    [
        "In 1858 the U.S. frigate laid it [S1]. It broke. [S2, S3] It \u201cbroke.\u201d [S4]\n- So [5]\n\nEnd.",
        "One [S1].Two (S2). Three.[S3]",
        'She said "It works. It is fast." [S1] Then she left [S2].',
        'The bee (A. mellifera. It is small.) dances [S1]. One ((two. Three) four) [S2].\n- "So. It [S1].\nEnd.',
        "It broke.\n\n[S1]\n\nIt was mended [S2]\n[S3]\n\n- So.\n[S4] End.",
        "It broke (see [S1]). **[S2]** It was ([S3], [S4]) mended. *So* <sup>[S1]</sup> it.\n\nSources: [S1], [S2]\n",
        "| | a | b |\n|---|---|---|\n| c | d [S1] | e. F [S2] |\n| f | g [S3]. H | i |\n\nEnd. So.",
        "It weighs 50 g. It is rates.ALL [S1]. It is 7 m. So [S2].",
        "It broke [S1]-[S3]. It was mended [S2], [S4]. **So.** [S1] It `was. X[1]` so.",
        "So.\n[S2] One. [S3] Two.\n[S4]\n- End.",
        "It broke S1. It was. S2, S3 It broke\u00b9. Mended.\u00b2 So<sup>S1, S2</sup>. So^3. It {S4} was S1.",
        "- It broke.\n  S1\n- Mended.\n  Source: [S2]\n- So.\n  - [S3]\n\nEvidence: S4\n\n**Sources**\n- [S1]\n- [S2]",
        "It broke. [S1]. Mended [1], [2]. It was - [S3]. So [`S4`].\n[S5]: It is.\nS6: So.\n\nSources:\n- It is.",
        "It broke [S:1]. Mended [#S2] <S3>. So (Sentence 4). It is (a.txt, S5). So [S1\u3001S2].\nEnd.",
        '{"answer": "It \\"broke\\" [S1].\\n\\nMended. So.", "sources": ["S1", "S2"]}',
        "So.\n\nSources:\n- [S1] It broke. So.\n- [S2] Mended.",
        "Run:\n```sh\nqa ask  # [S1]\nqa index [S2, S3]\n```\n<ul>\n<li>It broke [S1]</li>\n</ul>\n<p>So.</p>",
        "## Head\n1. Run this [S1]:\n\n```\nqa ask\n```\n2. Then **stop**. [S2]\n\n**Bold**\nEnd. Now.",
    ],
)
@pytest.mark.parametrize("bare", [True, False])
def test_a_streamed_reply_is_parsed_like_a_whole_one(reply: str, bare: bool) -> None:
    whole, _ = sentences(reply, ended=True, bare=bare)
    for end in range(len(reply)):
        found, _ = sentences(reply[:end], ended=False, bare=bare)
        # A sentence that was complete early does not change.
        assert found == whole[: len(found)], reply[:end]
