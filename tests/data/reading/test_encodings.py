import pytest

from kbert.data.reading.encodings import check_encoding, guess_encoding
from kbert.errors import InputError

TEXTS = {
    "gb18030": ["这部电影非常好看，演员的表演也很棒。", "坏", "中国 good", "这是一个 test, 不错！"],
    "big5": ["這部電影非常好看，演員的表演也很棒。", "壞片", "中文"],
    "shift_jis": ["この映画はとても面白かった。", "テスト", "日本語の文章"],
    "euc_jp": ["この映画はとても面白かった。"],
    "cp949": ["이 영화는 정말 재미있었습니다. 배우들의 연기도 좋았어요"],
    "cp1252": [
        *("Le café était très agréable, créée à l’été", "Müller", "für", "coração, ação"),
        *("¿Qué tal? niño", "Ärger über Öl", "“good” — said he", "smörgåsbord", "œuvre d’art"),
        *("fiancée!", "prix 20 €", "naïve\n", "ÉCOLE", "größer", "«é»"),
    ],
    "cp1251": ["Привет, как дела? Фильм хороший.", "Я был в кино"],
    "utf-16-le": ["text,label\nfine,good\n", "schön"],
    "utf-16-be": ["text,label\nfine,good\n", "schön"],
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts]
)
def test_the_encoding_of_a_text_is_guessed(encoding, text):
    assert guess_encoding(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8_r", "Прекрасный фильм, очень понравился. Актёры сыграли великолепно!"),
        ("cp866", "Прекрасный фильм, очень понравился. Актёры сыграли великолепно!"),
        ("iso8859_5", "Прекрасный фильм, очень понравился. Актёры сыграли великолепно!"),
        ("cp1253", "Υπέροχη ταινία, τη συνιστώ σε όλους. Δεν μου άρεσε όμως το τέλος."),
        ("cp1256", "فيلم رائع، أنصح به الجميع. كان الممثلون ممتازين."),
        ("cp874", "ภาพยนตร์เรื่องนี้สนุกมาก แนะนำเลย นักแสดงเล่นได้ดีมาก"),
        ("cp1250", "Książka jest nudna i zbyt długa. Żałuję, że kupiłem ten bilet."),
        ("cp1250", "Skvělý příběh, který mě dojal. Příliš dlouhé a zbytečně složité."),
        ("iso8859_2", "Książka jest nudna i zbyt długa. Żałuję, że kupiłem ten bilet."),
        ("cp1254", "Işıklar ve gölgeler çok iyi kullanılmış. Şaşırtıcı bir son, beğendim."),
        ("cp949", "가격은 비싼데 품질은 별로네요. 호텔 방이 깨끗하고 직원들이 친절해요."),
    ],
)
def test_languages_whose_letters_decide(encoding, text):
    assert guess_encoding(text.encode(encoding)) == encoding


@pytest.mark.parametrize("text", ["Le café était très agréable", "Müller für", "niño"])
def test_old_macs(text):
    assert guess_encoding(text.encode("mac_roman"), from_mac=True) == "mac_roman"


def test_utf_8_is_guessed_if_another_encoding_was_named():
    assert guess_encoding("Schön, 好".encode(), "gb18030") == "utf-8"


@pytest.mark.parametrize("data", [bytes(range(128, 256)), b"\x80\x81 \x8d\x8f"])
def test_bytes_that_fit_no_encoding_are_not_guessed(data):
    assert guess_encoding(data) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        *(
            ("win1252", "cp1252"),
            ("win-1251", "cp1251"),
            ("ANSI", "cp1252"),
            ("gb2132", "gb2312"),
        ),
        *(("UTF-8-BOM", "utf-8"), ("unicode", "utf-16"), ("latn1", "latin_1"), ("utf9", "utf-8")),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(name, near):
    with pytest.raises(InputError) as caught:
        check_encoding(name)
    assert caught.value.cure.settings == {"encoding": near}
    check_encoding(near)


@pytest.mark.parametrize("name", ["nonsense", "", "hex"])
def test_a_name_unlike_any_encoding(name):
    with pytest.raises(InputError) as caught:
        check_encoding(name)
    assert caught.value.cure is None
