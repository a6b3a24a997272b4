using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class SearchSynonymsStateTests
{
    private static readonly SynonymSet Sofas = new("sofas") { Terms = ["Sofa", "couch", "settee"] };
    private static readonly SynonymSet Screens = new("screens") { From = ["tv"], To = ["television"] };

    [Fact]
    public void a_set_is_created_changed_and_removed()
    {
        var created = Create(new SearchSynonymsState(), Sofas);
        Assert.Equal((1, 1L), (created.Sets.Length, created.Find("sofas")!.Stored.Version));
        Assert.False(created.Create(Sofas with { Terms = [.. Sofas.Terms] }, Keys(Sofas), Given.Now).Changed);
        Assert.Equal(ErrorCode.Conflict, created.Create(Sofas with { Terms = ["a", "b"] }, Keys(Sofas), Given.Now).Error!.Code);

        var both = Create(created, Screens);
        Assert.Equal(["screens", "sofas"], both.Sets.Select(s => s.Stored.Set.Id));
        var longer = Sofas with { Terms = [.. Sofas.Terms, "divan"] };
        Assert.Equal(ErrorCode.PreconditionFailed, both.Put(longer, Keys(longer), 2, Given.Now).Error!.Code);
        var put = both.Put(longer, Keys(longer), 1, Given.Now.AddHours(1)).Next();
        Assert.Equal(
            (3L, Given.Now, Given.Now.AddHours(1)),
            (put.Find("sofas")!.Stored.Version, put.Find("sofas")!.Stored.CreatedAt, put.Find("sofas")!.Stored.ChangedAt));
        Assert.False(put.Put(longer, Keys(longer), null, Given.Now).Changed);

        Assert.Equal(ErrorCode.PreconditionFailed, put.Remove("sofas", 1).Error!.Code);
        var left = put.Remove("sofas", 3).Next();
        Assert.Equal(["screens"], left.Sets.Select(s => s.Stored.Set.Id));
        Assert.Equal(ErrorCode.NotFound, left.Remove("sofas", null).Error!.Code);
        Assert.Equal(ErrorCode.NotFound, left.Put(Sofas, Keys(Sofas), null, Given.Now).Error!.Code);
    }

    [Fact]
    public void a_term_has_synonyms_in_one_set()
    {
        var state = Create(Create(new SearchSynonymsState(), Sofas), Screens);
        var other = new SynonymSet("other") { From = ["SOFA"], To = ["bed"] };
        var refused = state.Create(other, Keys(other), Given.Now).Error!;
        Assert.Equal(ErrorCode.Conflict, refused.Code);
        Assert.Equal("The term SOFA has synonyms in the set sofas already. Change that set instead.", refused.Detail);
        // It may be a synonym of others.
        var target = new SynonymSet("other") { From = ["bed"], To = ["sofa", "television"] };
        Assert.True(state.Create(target, Keys(target), Given.Now).Changed);
        var reverse = new SynonymSet("reverse") { From = ["television"], To = ["tv"] };
        Assert.True(state.Create(reverse, Keys(reverse), Given.Now).Changed);
    }

    [Theory]
    [InlineData("terms", null, null, null)]
    [InlineData("terms", "a,b", "c", null)]
    [InlineData("terms", "a", null, null)]
    [InlineData("terms", "a,A", null, null)]
    [InlineData("terms", "a,", null, null)]
    [InlineData("terms", "a,!", null, null)]
    [InlineData("to", null, "a", null)]
    [InlineData("from", null, null, "a")]
    [InlineData("to", null, "a,b", "c,B")]
    [InlineData("from", null, "a,a", "c")]
    public void a_wrong_set_is_refused(string field, string? terms, string? from, string? to)
    {
        var set = new SynonymSet("set") { Terms = List(terms), From = List(from), To = List(to) };
        Assert.Equal([field], new SearchSynonymsState().Create(set, Keys(set), Given.Now).Error!.Errors!.Keys);
    }

    [Fact]
    public void sets_and_terms_are_limited()
    {
        var many = new SynonymSet("many") { Terms = [.. Enumerable.Range(0, 21).Select(n => $"term{n}")] };
        Assert.Equal(["terms"], new SearchSynonymsState().Create(many, Keys(many), Given.Now).Error!.Errors!.Keys);
        var oneWay = new SynonymSet("many") { From = many.Terms[..11], To = many.Terms[11..] };
        Assert.Equal(["to"], new SearchSynonymsState().Create(oneWay, Keys(oneWay), Given.Now).Error!.Errors!.Keys);
        var longTerm = new SynonymSet("long") { Terms = ["a", new string('x', 101)] };
        Assert.Equal(["terms"], new SearchSynonymsState().Create(longTerm, Keys(longTerm), Given.Now).Error!.Errors!.Keys);

        var state = new SearchSynonymsState();
        for (var n = 0; n < SynonymSet.MaxSets; n++)
            state = Create(state, new SynonymSet($"set-{n}") { From = [$"from{n}"], To = [$"to{n}"] });
        Assert.Equal(ErrorCode.Conflict, state.Create(Sofas, Keys(Sofas), Given.Now).Error!.Code);

        state = new SearchSynonymsState();
        for (var n = 0; n < 100; n++)
            state = Create(state, Long(n));
        var tooMuch = state.Create(Long(100), Keys(Long(100)), Given.Now).Error!;
        Assert.StartsWith("All synonyms together", tooMuch.Detail, StringComparison.Ordinal);

        static SynonymSet Long(int n) =>
            new($"set-{n}") { Terms = [.. Enumerable.Range(0, 20).Select(i => $"{n * 20 + i}".PadLeft(100, 'x'))] };
    }

    [Fact]
    public void sets_are_listed_by_id_page_by_page()
    {
        var state = Create(Create(new SearchSynonymsState(), Sofas), Screens);
        var first = state.List(new PageRequest(1)).Value!;
        Assert.Equal("screens", first.Items.Single().Set.Id);
        var second = state.List(new PageRequest(1, first.NextCursor)).Value!;
        Assert.Equal(("sofas", null), (second.Items.Single().Set.Id, second.NextCursor));
        Assert.True(state.List(new PageRequest(1, "x")).IsError);
    }

    private static SearchSynonymsState Create(SearchSynonymsState state, SynonymSet set) => state.Create(set, Keys(set), Given.Now).Next();

    private static ImmutableArray<string> List(string? terms) => terms is null ? [] : [.. terms.Split(',')];

    /// <summary>Keys as the search has them, nearly: letters in lower case.</summary>
    private static Dictionary<string, string> Keys(SynonymSet set) =>
        set.Sources.Concat(set.Targets).Concat(set.From).Concat(set.To).Distinct()
            .ToDictionary(t => t, t => string.Concat(t.ToLowerInvariant().Where(char.IsLetterOrDigit)));
}
