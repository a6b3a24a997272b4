namespace SoonShop.Pricing;

/// <summary>The time in which a rule is in force: from an instant on, and before another one.</summary>
internal static class Period
{
    /// <summary>True at and after <paramref name="from"/> and before <paramref name="to"/>; null is no limit.</summary>
    public static bool Contains(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset at) => !(from > at) && !(to <= at);
}
