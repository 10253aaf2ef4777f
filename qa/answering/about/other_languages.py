# ruff: noqa: RUF001 -- other scripts than Latin
"""Replies to questions in a language that the models in use do not understand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from qa.settings import BUNDLED_MODEL, BUNDLED_READER, Settings
from qa.text.function_words import ENGLISH
from qa.text.question_language import question_language
from qa.types import Answer, Document


@dataclass(frozen=True, slots=True)
class _Notice:
    """The parts of a reply: that there is no answer, and whether keyword search found anything."""

    unanswered: str
    found: str
    nothing: str


_NOTICES: Mapping[str, _Notice] = {
    "ar": _Notice(
        "النماذج المستخدمة هنا تفهم الإنجليزية فقط، لذلك لا يمكن الإجابة عن هذا السؤال. اطرحه بالإنجليزية.",
        "في الأسفل ما وجده البحث بالكلمات.",
        "ولم يجد البحث بالكلمات شيئًا.",
    ),
    "de": _Notice(
        "Die Modelle, die hier laufen, verstehen nur Englisch und können diese Frage nicht beantworten. Stellen Sie "
        "sie auf Englisch.",
        "Unten steht, was die Suche nach Stichwörtern gefunden hat.",
        "Auch die Suche nach Stichwörtern hat nichts gefunden.",
    ),
    "es": _Notice(
        "Los modelos que se usan aquí solo entienden inglés y no pueden responder a esta pregunta. Hágala en inglés.",
        "Abajo está lo que encontró la búsqueda por palabras.",
        "La búsqueda por palabras tampoco encontró nada.",
    ),
    "fr": _Notice(
        "Les modèles utilisés ici ne comprennent que l'anglais et ne peuvent pas répondre à cette question. Posez-la "
        "en anglais.",
        "Voici, plus bas, ce que la recherche par mots-clés a trouvé.",
        "La recherche par mots-clés n'a rien trouvé non plus.",
    ),
    "it": _Notice(
        "I modelli in uso qui capiscono solo l'inglese e non possono rispondere a questa domanda. La ponga in inglese.",
        "Qui sotto c'è ciò che ha trovato la ricerca per parole.",
        "Nemmeno la ricerca per parole ha trovato nulla.",
    ),
    "ja": _Notice(
        "ここで使われているモデルは英語しか理解できないため、この質問には答えられません。英語で質問してください。",
        "キーワード検索で見つかった箇所を下に示します。",
        "キーワード検索でも何も見つかりませんでした。",
    ),
    "ko": _Notice(
        "여기에서 사용하는 모델은 영어만 이해하므로 이 질문에 답할 수 없습니다. 영어로 질문해 주세요.",
        "키워드 검색으로 찾은 내용은 아래에 있습니다.",
        "키워드 검색으로도 찾은 것이 없습니다.",
    ),
    "nl": _Notice(
        "De modellen die hier draaien, verstaan alleen Engels en kunnen deze vraag niet beantwoorden. Stel hem in het "
        "Engels.",
        "Hieronder staat wat het zoeken op trefwoorden heeft gevonden.",
        "Ook het zoeken op trefwoorden heeft niets gevonden.",
    ),
    "pt": _Notice(
        "Os modelos usados aqui só entendem inglês e não podem responder a esta pergunta. Faça-a em inglês.",
        "Abaixo está o que a busca por palavras encontrou.",
        "A busca por palavras também não encontrou nada.",
    ),
    "ru": _Notice(
        "Модели, которые здесь используются, понимают только английский и не могут ответить на этот вопрос. Задайте "
        "его по-английски.",
        "Ниже то, что нашёл поиск по ключевым словам.",
        "Поиск по ключевым словам тоже ничего не нашёл.",
    ),
    "th": _Notice(
        "โมเดลที่ใช้อยู่ที่นี่เข้าใจเฉพาะภาษาอังกฤษ จึงตอบคำถามนี้ไม่ได้ โปรดถามเป็นภาษาอังกฤษ",
        "ด้านล่างคือสิ่งที่การค้นหาด้วยคำสำคัญพบ",
        "การค้นหาด้วยคำสำคัญก็ไม่พบสิ่งใด",
    ),
    "zh": _Notice(
        "这里使用的模型只懂英语，无法回答这个问题。请用英语提问。",
        "关键词搜索找到的内容见下方。",
        "关键词搜索也没有找到任何内容。",
    ),
}


def reads_english_only(settings: Settings) -> bool:
    """Return whether one of the models in use is bundled and so knows only English."""
    return settings.embedding_model == BUNDLED_MODEL or settings.reader_model == BUNDLED_READER


def in_its_language(answer: Answer, documents: Mapping[str, Document], settings: Settings) -> Answer:
    """Return the answer, or a reply in the question's language if the models do not understand that language.

    An answer from an article in the same language is kept: keyword search found it, and even the English reader often
    picks the right words.
    """
    language = question_language(answer.searched_for)
    notice = _NOTICES.get(language)
    if notice is None or language == ENGLISH or answer.kind == "about" or not reads_english_only(settings):
        return answer
    if answer.text is not None and documents[answer.citations[0].document].language == language:
        return answer
    found = tuple(passage for passage in answer.passages if passage.overlap > 0)
    reason = f"{notice.unanswered} {notice.found if found else notice.nothing}"
    # The confidence of a model that does not know the language means nothing.
    confidence = min(answer.confidence, settings.answer_threshold)
    return replace(
        answer,
        text=None,
        reason=reason,
        confidence=confidence,
        citations=(),
        passages=found,
        span=None,
        kind="other",
        form="span",
        lead="",
        parts=(),
    )
