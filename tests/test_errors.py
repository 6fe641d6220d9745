from bam.errors import Mistake


def test_a_message_is_one_line_also_where_a_library_wrote_several():
    assert str(Mistake("x.tsv: unreadable (too many\n\n  fields\n); correct it")) == (
        "x.tsv: unreadable (too many fields ); correct it"
    )
