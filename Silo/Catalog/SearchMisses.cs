using Microsoft.Extensions.Options;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Counts searches without results in memory, at most <see cref="MaxTexts"/> texts until they are written. A text that looks personal is
/// not counted.
/// </summary>
internal sealed class SearchMisses(IOptions<SearchOptions> options, TimeProvider time)
{
    /// <summary>The most texts between two writes; further ones are dropped.</summary>
    public const int MaxTexts = 1000;

    private readonly Lock gate = new();
    private Dictionary<string, Count> counts = new(StringComparer.Ordinal);

    /// <summary>Counts a search.</summary>
    public void Add(string text)
    {
        if (options.Value.MissRetentionDays == 0 || PersonalText.IsLikely(text))
            return;
        var now = time.GetUtcNow();
        // Texts of two days are not added up.
        var normal = UnicodeNormalization.ComposeCompatible(text).ToLowerInvariant();
        lock (gate)
        {
            if (counts.TryGetValue(normal, out var known) && known.LastAt.UtcDateTime.Date == now.UtcDateTime.Date)
                counts[normal] = new Count(known.Searches + 1, now);
            else if (counts.Count < MaxTexts)
                counts[normal] = new Count(1, now);
        }
    }

    /// <summary>Returns what was counted, and begins anew.</summary>
    public IReadOnlyDictionary<string, Count> Take()
    {
        lock (gate)
        {
            var taken = counts;
            counts = new(StringComparer.Ordinal);
            return taken;
        }
    }

    /// <summary>How often, and when last.</summary>
    internal readonly record struct Count(long Searches, DateTimeOffset LastAt);
}
