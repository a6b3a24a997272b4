namespace SoonShop.Privacy;

/// <summary>Configuration section <c>Privacy</c>.</summary>
public sealed class PrivacyOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Privacy";

    /// <summary>
    /// Whole years, after the one in which an order was placed, for which the name and postal address of an erased customer stay with an
    /// order that was paid: an invoice must name its buyer (Art. 226 of the EU's VAT directive), and must be kept (§ 147 AO and § 257 HGB: eight
    /// years), which Art. 17(3)(b) GDPR puts before erasure. 0 where no law asks for it.
    /// </summary>
    public int OrderRetentionYears { get; set; } = 8;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (OrderRetentionYears is < 0 or > 30)
            yield return $"Privacy:OrderRetentionYears is {OrderRetentionYears}; set Privacy__OrderRetentionYears to 0–30.";
    }

    /// <summary>Until when the buyer of an order is kept; null for not at all.</summary>
    public DateTimeOffset? RetainUntil(DateTimeOffset placedAt) =>
        OrderRetentionYears == 0 ? null : new DateTimeOffset(placedAt.UtcDateTime.Year + OrderRetentionYears + 1, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
