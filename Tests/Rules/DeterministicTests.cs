using CsCheck;

namespace SoonShop.Tests.Rules;

public sealed class DeterministicTests
{
    /// <summary>Ids stand in databases: the way they are made must never change.</summary>
    [Fact]
    public void the_same_parts_make_the_same_id_for_ever() =>
        Assert.Equal(Guid.Parse("46734625-adc8-80c6-b63f-e58c7069ae42"), Deterministic.Id("order", "customer", "key"));

    [Fact]
    public void where_one_part_ends_and_the_next_begins_matters()
    {
        Guid[] ids =
        [
            Deterministic.Id("ab", "c"), Deterministic.Id("a", "bc"), Deterministic.Id("abc"), Deterministic.Id("abc", ""),
            Deterministic.Id("", "abc"), Deterministic.Id(), Deterministic.Id(""), Deterministic.Id("c", "ab"),
        ];

        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void an_id_is_a_uuid_of_version_eight() => Gen.String.Array[0, 4].Sample(parts =>
    {
        var text = Deterministic.Id(parts).ToString();

        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", text);
        Assert.Equal(text, Deterministic.Id(parts).ToString());
    });
}
