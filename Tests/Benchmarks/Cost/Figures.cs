using System.Globalization;
using System.Text;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>What was measured of one shop: rows of figures, some with a column a level of load.</summary>
internal sealed class Figures
{
    /// <summary>The column of a row that has one figure.</summary>
    private const string Only = "";

    private readonly List<(string Row, string Column, double Value)> all = [];

    /// <summary>Notes a figure; not a number is shown as a dash.</summary>
    public void Add(string row, double value) => Add(row, Only, value);

    /// <inheritdoc cref="Add(string, double)"/>
    public void Add(string row, string column, double value) => all.Add((row, column, value));

    /// <summary>All of them.</summary>
    public string ToTable()
    {
        var columns = all.Select(f => f.Column).Where(c => c != Only).Distinct().ToArray();
        var text = new StringBuilder($"{"",-44}{string.Concat(columns.Select(c => $"{c,14}"))}").AppendLine();
        foreach (var row in all.GroupBy(f => f.Row))
        {
            var values = row.ToDictionary(f => f.Column, f => f.Value);
            string[] cells = values.TryGetValue(Only, out var single)
                ? [Show(single)]
                : [.. columns.Select(c => Show(values.GetValueOrDefault(c, double.NaN)))];
            text.AppendLine($"{row.Key,-44}{string.Concat(cells.Select(c => $"{c,14}"))}");
        }
        return text.ToString();
    }

    /// <summary>The medians of two builds beside each other, their ratio, and the least and the greatest ratio of a pair of runs.</summary>
    public static string Compare(IReadOnlyList<Figures> these, IReadOnlyList<Figures> others, string otherName)
    {
        var heading = otherName[..Math.Min(11, otherName.Length)];
        var text = new StringBuilder($"{"",-60}{"this",12}{heading,12}{"ratio",8}   min–max").AppendLine();
        foreach (var (row, column, _) in these.Concat(others).SelectMany(f => f.all).DistinctBy(f => (f.Row, f.Column)))
        {
            var (mine, theirs) = (Values(these), Values(others));
            var ratios = mine.Zip(theirs, (a, b) => a / b).Where(double.IsFinite).Order().ToArray();
            var name = column == Only ? row : $"{row}, {column}";
            text.AppendLine($"{name,-60}{Show(Median(mine)),12}{Show(Median(theirs)),12}{Ratio(Median(mine) / Median(theirs)),8}"
                + (ratios.Length == 0 ? "" : $"   {Ratio(ratios[0])}–{Ratio(ratios[^1])}"));

            double[] Values(IReadOnlyList<Figures> runs) => [.. runs.Select(r => r.ValueOf(row, column))];
        }
        return text.ToString();
    }

    private double ValueOf(string row, string column) =>
        all.Where(f => f.Row == row && f.Column == column).Select(f => f.Value).DefaultIfEmpty(double.NaN).First();

    private static double Median(double[] values)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Ratio(double value) => double.IsFinite(value) ? value.ToString("F2", CultureInfo.InvariantCulture) : "–";

    private static string Show(double value)
    {
        var format = Math.Abs(value) switch { >= 1000 => "N0", >= 100 => "F0", >= 10 => "F1", _ => "F2" };
        return double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";
    }
}
