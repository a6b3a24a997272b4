namespace SoonShop.Media;

/// <summary>Configuration section <c>MediaRetention</c>: how long images that nothing uses are kept.</summary>
public sealed class MediaRetentionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "MediaRetention";

    /// <summary>Images that no product and no product group has had for this time are removed, in days.</summary>
    public double Days { get; set; } = 30;

    /// <summary>How often the shop looks for such images, in minutes. Each look reads all products.</summary>
    public double SweepMinutes { get; set; } = 360;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in ((string, double, double, double)[])
        [
            (nameof(Days), Days, 0.00001, 3650),
            (nameof(SweepMinutes), SweepMinutes, 0.001, 60 * 24 * 7),
        ])
        {
            if (!(value >= min && value <= max))
                yield return FormattableString.Invariant($"{Section}:{name} is {value}; set {Section}__{name} to {min}–{max}.");
        }
    }
}
