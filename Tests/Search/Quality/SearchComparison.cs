using System.Globalization;
using System.Text;

namespace SoonShop.Tests.Search.Quality;

/// <summary>The labelled queries, answered by the shop and by Lucene.</summary>
/// <param name="Rows">One row for each query.</param>
internal sealed record SearchComparison(IReadOnlyList<SearchComparison.Row> Rows)
{
    public static async Task<SearchComparison> RunAsync(SearchedCatalog shop, LuceneSearch lucene, int size, CancellationToken cancellation)
    {
        var rows = new List<Row>();
        foreach (var query in LabelledQueries.For(size))
        {
            var found = await shop.FindAsync(query.Text, cancellation);
            rows.Add(new Row(query, query.Judge(found, size), query.Judge(lucene.Find(query.Text), size)));
        }
        return new SearchComparison(rows);
    }

    /// <summary>A table with one line for each kind of query, and one for all.</summary>
    public string Table()
    {
        var text = new StringBuilder("| Queries | nDCG@10 | Lucene | Recall@10 | Lucene | Nothing found | Lucene |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (var kind in Rows.GroupBy(r => r.Query.Kind))
            text.Append(Line($"{kind.Key} ({kind.Count()})", [.. kind]));
        return text.Append(Line($"**all ({Rows.Count})**", Rows)).ToString();
    }

    private static string Line(string name, IReadOnlyList<Row> rows)
    {
        var gains = Both(rows, j => j.Ndcg);
        var recalls = Both(rows, j => j.Recall);
        return $"| {name} | {gains} | {recalls} | {rows.Count(r => r.Shop.IsEmpty)} | {rows.Count(r => r.Lucene.IsEmpty)} |\n";
    }

    private static string Both(IReadOnlyList<Row> rows, Func<Judgement, double> value)
    {
        var (shop, lucene) = (rows.Average(r => value(r.Shop)), rows.Average(r => value(r.Lucene)));
        return $"{shop.ToString("F3", CultureInfo.InvariantCulture)} | {lucene.ToString("F3", CultureInfo.InvariantCulture)}";
    }

    internal sealed record Row(LabelledQuery Query, Judgement Shop, Judgement Lucene);
}
