namespace SoonShop.Privacy;

/// <summary>Configuration section <c>Privacy</c>: data retained after an account is erased.</summary>
public sealed class PrivacyOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Privacy";

    /// <summary>
    /// How long name and postal address of an erased customer stay with an order that was paid, in full years after the year of the order;
    /// 0 erases them immediately. Set the years for which your law requires invoices to be kept.
    /// </summary>
    public int OrderRetentionYears { get; set; } = 8;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (OrderRetentionYears is < 0 or > 30)
            yield return $"Privacy:OrderRetentionYears is {OrderRetentionYears}; set Privacy__OrderRetentionYears to 0–30.";
    }

    /// <summary>Returns until when the buyer of an order is retained; null for no retention.</summary>
    public DateTimeOffset? RetainUntil(DateTimeOffset placedAt) =>
        OrderRetentionYears == 0
            ? null
            : new DateTimeOffset(placedAt.UtcDateTime.Year + OrderRetentionYears + 1, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
