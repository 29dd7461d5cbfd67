from kbert.utils.say import say, verbosity


def test_levels(capsys):
    say("one")
    say("two", level=2)
    with verbosity(2):
        say("three", level=2)
        with verbosity(0):
            say("four")
    say("five")
    assert capsys.readouterr().out == "one\nthree\nfive\n"
