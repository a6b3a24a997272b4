using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>The rows of checkouts: how fast, and what one takes.</summary>
internal static partial class CheckoutRows
{
    private static readonly int[] Levels = [1, 8, 32];

    /// <summary>Rows of a table that are fewer than one in so many checkouts are not the checkouts'.</summary>
    private const double Least = 0.005;

    private const int ShownStatements = 10;
    private const int TextLength = 110;

    /// <summary>Runs the levels one after the other. Answers the statements of all of them, and how many checkouts there were.</summary>
    public static async Task<(Statements Statements, int Checkouts)> MeasureAsync(
        CostMeter meter, string[] skus, TimeSpan duration, Figures figures)
    {
        Statements? statements = null;
        var checkouts = 0;
        var tables = new List<(string Level, CheckoutCosts Costs)>();
        foreach (var clients in Levels)
        {
            var costs = await meter.MeasureAsync(skus, clients, duration);
            var level = clients == 1 ? "1 client" : $"{clients} clients";
            Add(figures, level, costs);
            tables.Add((level, costs));
            statements = statements is null ? costs.Statements : statements.With(costs.Statements);
            checkouts += costs.Load.Done;
        }
        AddParts(figures, tables);
        return (statements!, checkouts);
    }

    /// <summary>The dearest statements, those that functions run among them, and those that are sent most often.</summary>
    public static string Texts(Statements statements, int checkouts)
    {
        if (statements.All.Count == 0)
            return "";
        var lines = new StringBuilder().AppendLine();
        Append("The dearest statements, of one checkout", statements.All.OrderByDescending(s => s.Milliseconds));
        Append("The statements sent most often", statements.All.Where(s => s.Id.Sent).OrderByDescending(s => s.Calls));
        return lines.ToString();

        void Append(string title, IEnumerable<Statement> ordered)
        {
            lines.AppendLine($"{title,-40}{"calls",8}{"ms",8}{"rows",8}");
            foreach (var s in ordered.Take(ShownStatements))
            {
                var text = Blanks().Replace(s.Text, " ").Trim();
                lines.AppendLine(CultureInfo.InvariantCulture,
                    $"{(s.Id.Sent ? "sent" : "  in a function"),-40}"
                    + $"{s.Calls / checkouts,8:F2}{s.Milliseconds / checkouts,8:F3}{s.Rows / checkouts,8:F2}"
                    + $"  {text[..Math.Min(TextLength, text.Length)]}");
            }
        }
    }

    private static void Add(Figures figures, string level, CheckoutCosts costs)
    {
        var load = costs.Load;
        Add("checkouts/s", load.Rate);
        Add("p50, ms", load.Percentile(0.5));
        Add("p99, ms", load.Percentile(0.99));
        Add("checkouts", load.Done);
        Add("refused", load.Refused);
        string[] processes = ["silo", "front end", "PostgreSQL", "load generator"];
        foreach (var process in processes)
            Add($"processor time, ms: {process}", 1000 * costs.Each(process));
        var shop = processes[..3].Sum(costs.Each);
        Add("processor time, ms: the shop", 1000 * shop);
        Add("share of the load generator, %", 100 * costs.Each("load generator") / (shop + costs.Each("load generator")));
        Add("allocated, KB: silo", costs.Each("allocated by the silo") / 1024);
        Add("allocated, KB: front end", costs.Each("allocated by the front end") / 1024);
        var statements = costs.Statements.All;
        Add("statements sent", statements.Count == 0 ? double.NaN : statements.Where(s => s.Id.Sent).Sum(s => s.Calls) / load.Done);
        Add("statements, those in functions too", statements.Count == 0 ? double.NaN : statements.Sum(s => s.Calls) / load.Done);
        Add("statements, ms", statements.Count == 0 ? double.NaN : statements.Where(s => s.Id.Sent).Sum(s => s.Milliseconds) / load.Done);
        Add("commits", costs.Each("commits"));
        Add("fsyncs of the log", costs.Each("fsyncs"));
        Add("log (WAL), KB", costs.Each("WAL") / 1024);
        Add("log without whole pages, KB", (costs.Each("WAL") - costs.Each("WAL page images")) / 1024);
        string[] counts =
        [
            "grain calls of the front end", "grain calls of grains", "activations", "state writes", "batches of writes",
            "events", "events read from queues", "events handled", "streams with events", "mails",
        ];
        foreach (var row in counts)
            Add(row, costs.Each(row));

        void Add(string row, double value) => figures.Add(row, level, value);
    }

    /// <summary>What is counted by table, grain type and event type, as far as checkouts have a part in it.</summary>
    private static void AddParts(Figures figures, List<(string Level, CheckoutCosts Costs)> levels)
    {
        var names = levels.SelectMany(l => l.Costs.Net.Keys).Where(k => k.Contains(": ", StringComparison.Ordinal)).Distinct();
        foreach (var name in names.Where(n => levels.Any(l => Math.Abs(l.Costs.Each(n)) >= Least)).Order(StringComparer.Ordinal))
        {
            foreach (var (level, costs) in levels)
                figures.Add(name, level, costs.Each(name));
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
