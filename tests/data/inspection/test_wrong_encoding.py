"""Texts of many languages, decoded well and badly."""

import pytest

from kbert.data.inspection.wrong_encoding import wrong_encoding_findings
from kbert.data.reading.examples import Examples

TEXTS = {
    "French": ["Un très bon film, émouvant et drôle.", "Ça m'a déçu, hélas.", "CAFÉ”", "« Noël »"],
    "German": ["Der Film ist großartig und schön.", "Öde und süß", "Ich mag Spaß“, sagte er."],
    "Portuguese": ["Um ótimo filme, emoção e ação.", "AÇÃO E EMOÇÃO SÃO TUDO", "Não!"],
    "Polish": ["Książka jest nudna i zbyt długa.", "Żałuję, że kupiłem ten bilet."],
    "Turkish": ["Işıklar ve gölgeler çok iyi kullanılmış.", "Şaşırtıcı bir son, beğendim."],
    "Icelandic": ["Þetta er mjög góð mynd.", "Leikararnir voru frábærir, æðislegt!"],
    "Russian": ["Прекрасный фильм, очень понравился.", "Актёры сыграли великолепно!"],
    "Greek": ["Υπέροχη ταινία, τη συνιστώ σε όλους.", "Δεν μου άρεσε όμως το τέλος."],
    "Hebrew": ["סרט נהדר, אני ממליץ לכולם.", "הסיפור משעמם, בזבוז של זמן."],
    "Arabic": ["فيلم رائع، أنصح به الجميع.", "كان الممثلون ممتازين."],
    "Thai": ["ภาพยนตร์เรื่องนี้สนุกมาก แนะนำเลย", "นักแสดงเล่นได้ดีมาก"],
    "Vietnamese": ["Bộ phim rất hay, tôi rất thích.", "Câu chuyện nhàm chán, lãng phí thời gian."],
    "Chinese": [
        "这部电影非常好看，强烈推荐。",
        "酒店环境很差，服务员态度不好。",
        "价格便宜，质量也不错。",
    ],
    "Japanese": ["この映画はとても面白かったです。", "ストーリーが退屈で、時間の無駄でした。"],
    "Korean": ["정말 재미있는 영화였어요, 추천합니다.", "배우들의 연기가 훌륭했습니다."],
    "signs": [
        "© 2020 ® ™ €5 £6 ¥7",
        "Add ½ cup, heat to 180 °C × 20 min",
        "It’s “fine” – really",
        "👍🏽 ok",
    ],
}
WRITTEN = {
    "cp1252": ("French", "German", "Portuguese", "Icelandic"),
    "cp1250": ("Polish",),
    "cp1254": ("Turkish",),
    "cp1251": ("Russian",),
    "koi8_r": ("Russian",),
    "cp1253": ("Greek",),
    "cp1255": ("Hebrew",),
    "cp1256": ("Arabic",),
    "gb18030": ("Chinese",),
    "shift_jis": ("Japanese",),
    "cp949": ("Korean",),
    "euc_kr": ("Korean",),
}


def decode(language, written, read):
    return [text.encode(written).decode(read) for text in TEXTS[language]]


@pytest.mark.parametrize("language", TEXTS)
def test_sound_texts(language):
    assert wrong_encoding_findings(Examples(TEXTS[language])) == []


@pytest.mark.parametrize("encoding", WRITTEN)
def test_texts_read_in_their_own_encoding_are_sound(encoding):
    for language in WRITTEN[encoding]:
        texts = decode(language, encoding, encoding)
        assert wrong_encoding_findings(Examples(texts, encoding=encoding)) == []


@pytest.mark.parametrize("language", [name for name in TEXTS if name != "signs"])
@pytest.mark.parametrize("read", ["latin-1", "koi8-r", "iso8859-5"])
def test_utf_8_that_was_decoded_as_something_else(language, read):
    texts = decode(language, "utf-8", read)
    (finding,) = wrong_encoding_findings(Examples(texts, encoding=read))
    assert (finding.code, finding.severity) == ("wrong-encoding", "error")
    assert finding.cure.settings == {"encoding": "utf-8"}
    row = int(str(finding.values["place"]).removeprefix("row "))
    assert finding.values["mended"] == TEXTS[language][row - 1][:40]


@pytest.mark.parametrize(
    ("language", "written", "read"),
    [
        ("Chinese", "gb18030", "cp1252"),
        ("Chinese", "gb18030", "latin-1"),
        ("Korean", "cp949", "latin-1"),
        ("Japanese", "shift_jis", "latin-1"),
        ("Russian", "cp1251", "cp1252"),
        ("Russian", "cp1251", "koi8-r"),
        ("Russian", "koi8_r", "cp1251"),
        ("Greek", "cp1253", "latin-1"),
        ("Hebrew", "cp1255", "latin-1"),
        ("Arabic", "cp1256", "cp1251"),
    ],
)
def test_other_encodings(language, written, read):
    texts = decode(language, written, read) * 3
    (finding,) = wrong_encoding_findings(Examples(texts, encoding=read))
    assert finding.severity == "error"
    again = decode(language, written, finding.cure.settings["encoding"])
    assert again == TEXTS[language]
    assert wrong_encoding_findings(Examples(again, **finding.cure.settings)) == []


def test_texts_that_another_program_has_decoded():
    texts = decode("French", "utf-8", "latin-1")
    (finding,) = wrong_encoding_findings(Examples(texts))
    code = 'text.encode("latin-1").decode("utf-8")'
    assert str(finding.cure).startswith(f"{code}, in Python, for each text")
    assert [eval(code, {"text": text}) for text in texts] == TEXTS["French"]


def test_control_characters_in_place_of_quotes():
    texts = ["It\x92s \x93fine\x94", *["plain"] * 5]
    for encoding in ("latin-1", "utf-8"):
        (finding,) = wrong_encoding_findings(Examples(texts, encoding=encoding))
        assert "'It\\x92s \\x93fine\\x94' would be 'It’s “fine”'" in finding.message
    assert "decoded with latin-1, the first in row 1" in finding.message


def test_a_few_texts_are_a_warning_and_a_single_one_is_not():
    bad, good = "trÃ¨s drÃ´le", "Très drôle"
    (finding,) = wrong_encoding_findings(Examples([*[good] * 95, *[bad] * 5]))
    assert finding.severity == "warning"
    assert finding.values["place"] == "row 96"
    assert wrong_encoding_findings(Examples([*[good] * 99, bad])) == []
