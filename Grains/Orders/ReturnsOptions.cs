namespace SoonShop.Orders;

/// <summary>Configuration section <c>Returns</c>: what buyers may send back, until when, and why.</summary>
public sealed class ReturnsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Returns";

    private const int MaxReasons = 50;
    private const int MaxReason = 40;

    /// <summary>
    /// How long buyers can request a return, in days from the delivery. Consumers in the European Union have 14 days (directive
    /// 2011/83/EU, article 9).
    /// </summary>
    public double WindowDays { get; set; } = 30;

    /// <summary>True to refund the shipping costs when every unit of an order came back (directive 2011/83/EU, article 13).</summary>
    public bool RefundShipping { get; set; } = true;

    /// <summary>The reasons among which a buyer chooses, separated by commas.</summary>
    public string ReasonList { get; set; } = "damaged,wrong-item,not-as-described,too-small,too-large,changed-mind,other";

    /// <summary>The reasons.</summary>
    public ImmutableArray<string> Reasons =>
        [.. ReasonList.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (WindowDays is not (>= 0 and <= 3650))
            yield return $"Returns:WindowDays is {WindowDays}; set Returns__WindowDays to 0–3650.";
        if (Reasons.Length is 0 or > MaxReasons || Reasons.Any(r => r.Length > MaxReason || r.Any(char.IsControl)))
            yield return $"Returns:ReasonList must have 1–{MaxReasons} reasons of at most {MaxReason} characters, separated by commas; "
                + "set Returns__ReasonList.";
    }
}
