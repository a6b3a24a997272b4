namespace SoonShop.Tests.Search.Quality;

/// <summary>
/// The search finds what is meant, as well as Lucene does. <c>./test.sh bench SearchBenchmark</c> measures larger catalogues.
/// </summary>
public sealed class SearchQualityTests(ITestOutputHelper output)
{
    private const int Size = 4000;

    [Fact]
    public async Task the_search_ranks_what_is_meant_as_well_as_lucene_and_finds_chinese()
    {
        await using var shop = await SearchedCatalog.CreateAsync(Size, TestContext.Current.CancellationToken);
        using var lucene = new LuceneSearch(Size);
        var compared = await SearchComparison.RunAsync(shop, lucene, Size, TestContext.Current.CancellationToken);
        output.WriteLine(compared.Table());
        foreach (var row in compared.Rows.Where(r => r.Shop.Ndcg < r.Lucene.Ndcg))
            output.WriteLine($"{row.Query.Kind}: '{row.Query.Text}' {row.Shop.Ndcg:F2} / {row.Lucene.Ndcg:F2}");

        Assert.True(compared.Rows.Count >= 300);
        var (ours, theirs) = (compared.Rows.Average(r => r.Shop.Ndcg), compared.Rows.Average(r => r.Lucene.Ndcg));
        Assert.True(ours >= 0.95 * theirs, $"nDCG@10 is {ours:F3}, Lucene's {theirs:F3}.\n{compared.Table()}");
        var chinese = compared.Rows.Where(r => r.Query.Kind is LabelledQueries.Chinese or LabelledQueries.Apart).Average(r =>
            r.Shop.Recall);
        Assert.True(chinese >= 0.98, $"The recall of Chinese queries is {chinese:F3}.\n{compared.Table()}");
    }
}
