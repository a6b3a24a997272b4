using System.Globalization;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>What <c>./test.sh bench CheckoutCost</c> is asked for.</summary>
internal sealed record CostOptions
{
    /// <summary>The environment variable in which <c>test.sh</c> hands on the options.</summary>
    public const string Variable = "SOONSHOP_BENCH_OPTIONS";

    /// <summary>The rows that are measured unless <c>--only</c> names some of them.</summary>
    public static readonly string[] AllRows = ["checkout", "promotions", "hot", "cart", "long-cart", "catalog", "idle"];

    /// <summary>The rows of <c>--growth</c>.</summary>
    public static readonly string[] GrowthRows = ["orders", "customers", "products"];

    private static readonly string Usage = $"""
        usage: ./test.sh bench CheckoutCost [--against COMMIT] [--rounds N] [--seconds S] [--growth] [--only ROW,…]
          --against COMMIT  the same load against the silo and the front end of that commit, in turn
          --rounds N        1–20 runs of each (1; 2 with --against)
          --seconds S       3–600 s of load a level (20)
          --growth          the cost of a checkout in a small and in a grown shop: {string.Join(", ", GrowthRows)}
          --only ROW,…      of {string.Join(", ", AllRows)}; with --growth of its rows
        """;

    /// <summary>The commit to compare with; null for none.</summary>
    public string? Against { get; init; }

    /// <summary>Runs of each side.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>How long each level of load lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>True for the rows of growth instead of the others.</summary>
    public bool Growth { get; init; }

    /// <summary>The rows to measure.</summary>
    public IReadOnlyList<string> Rows { get; init; } = AllRows;

    /// <summary>Reads the options; throws, saying what is wrong and how it is right.</summary>
    public static CostOptions Parse(string text)
    {
        var options = new CostOptions();
        int? rounds = null;
        string[]? only = null;
        var words = new Queue<string>(text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        while (words.TryDequeue(out var option))
        {
            switch (option)
            {
                case "--growth":
                    options = options with { Growth = true };
                    break;
                case "--against":
                    options = options with { Against = Value() };
                    break;
                case "--rounds":
                    rounds = Number(1, 20);
                    break;
                case "--seconds":
                    options = options with { Duration = TimeSpan.FromSeconds(Number(3, 600)) };
                    break;
                case "--only":
                    only = Value().Split(',', StringSplitOptions.RemoveEmptyEntries);
                    break;
                default:
                    throw new ArgumentException($"'{option}' is no option of CheckoutCost.\n{Usage}");
            }

            string Value() => words.TryDequeue(out var value) && !value.StartsWith('-')
                ? value
                : throw new ArgumentException($"{option} needs a value.\n{Usage}");

            int Number(int from, int to)
            {
                var value = Value();
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number >= from && number <= to
                    ? number
                    : throw new ArgumentException($"{option} is '{value}'; give a number, {from}–{to}.\n{Usage}");
            }
        }
        var rows = options.Growth ? GrowthRows : AllRows;
        if (only?.FirstOrDefault(row => !rows.Contains(row)) is { } unknown)
            throw new ArgumentException($"--only: '{unknown}' is none of {string.Join(", ", rows)}.\n{Usage}");
        if (options is { Growth: true, Against: not null })
            throw new ArgumentException($"--growth compares a shop with itself: leave out --against.\n{Usage}");
        if (only is [])
            throw new ArgumentException($"--only needs a value.\n{Usage}");
        return options with
        {
            Rounds = rounds ?? (options.Against is null ? 1 : 2),
            Rows = only is null ? rows : [.. rows.Where(only.Contains)],
        };
    }
}
