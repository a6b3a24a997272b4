namespace SoonShop.Orders;

/// <summary>Configuration section <c>DraftOrders</c>: how long the orders that staff writes for customers are valid and stored.</summary>
public sealed class DraftOrdersOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "DraftOrders";

    /// <summary>
    /// How long a draft without <c>validDays</c> can be sent, and how long its order can be paid, in days from the draft's last change. The
    /// order's stock is reserved until then.
    /// </summary>
    public double ValidDays { get; set; } = 14;

    /// <summary>How long sent and cancelled drafts are stored, in days. Their orders stay.</summary>
    public double RetentionDays { get; set; } = 90;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (ValidDays is not (>= 0.00001 and <= DraftOrderContent.MaxValidDays))
            yield return $"DraftOrders:ValidDays is {ValidDays}; set DraftOrders__ValidDays to 0.00001–{DraftOrderContent.MaxValidDays}.";
        if (RetentionDays is not (>= 0.00001 and <= 3650))
            yield return $"DraftOrders:RetentionDays is {RetentionDays}; set DraftOrders__RetentionDays to 0.00001–3650.";
    }
}
