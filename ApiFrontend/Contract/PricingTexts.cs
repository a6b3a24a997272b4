using SoonShop.ApiFrontend.Pricing;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>Descriptions of the operations on pricing rules, most of which all kinds of rules share.</summary>
internal static class PricingTexts
{
    /// <summary>The tags.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tags = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Admin: promotions"] = "Discounts, free shipping and gifts: when they apply, what they do, and how they combine.",
        ["Admin: taxes"] = "Tax zones, tax rates, and how taxes are computed.",
        ["Admin: shipping"] = "Shipping zones, and shipping methods with their prices.",
        ["Admin: price lists"] = "Price lists for groups of customers and for limited times.",
        ["Admin: customer groups"] = "The groups that promotions, price lists and shipping methods are for, and their customers.",
    };

    /// <summary>The operations by id.</summary>
    public static readonly IReadOnlyDictionary<string, string> Operations = RuleNames.All.SelectMany(Of).Concat(Others())
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>The parameters by operation and name.</summary>
    public static readonly IReadOnlyDictionary<string, string> Parameters = RuleNames.All.Select(names => KeyValuePair.Create(
        $"list{names.Plural}.status", $"Only {names.PluralNoun} with this status. Without it, all that are not archived."))
        .Append(new("listPromotionCodes.batchId", "Only the codes of this batch. Without it, all codes of the promotion."))
        .ToDictionary(StringComparer.Ordinal);

    /// <summary>Properties whose XML comment the framework does not read: optional objects and enumerations, and any JSON.</summary>
    public static readonly IReadOnlyDictionary<string, string> Properties = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PromotionRequest.trigger"] = "What makes it apply. Left out: `automatic`.",
        ["PromotionRequest.conditions"] = "When it applies. Left out: always.",
        ["PromotionConditionsRequest.items"] = "The units that match. Left out: all.",
        ["ShippingMethodRequest.kind"] = "Delivery or pickup. Left out: `delivery`.",
        ["ShippingPriceRequest.kind"] = "How the price is found. Left out: `flat`.",
        ["PricingPreviewRequest.destination"] = "Where it is sent. Left out: not known, so that neither shipping nor tax is in the quote.",
        ["PricingPreviewResponse.shipping"] =
            "The shipping; null for a cart that needs none, and while no method is chosen or it cannot be used.",
        ["PreviewLine.unitPrice"] = "The price of one unit; null when the product cannot be bought in the currency.",
        ["RuleChange.before"] = "The rule before; null when it was not in force.",
        ["RuleChange.after"] = "The rule after; null when it was archived.",
    };

    private static IEnumerable<KeyValuePair<string, string>> Of(RuleNames names)
    {
        var (noun, one) = (names.PluralNoun, names.Noun);
        yield return new($"list{names.Plural}", $"Returns the {noun} by id. Archived ones are returned only with `status=archived`.");
        yield return new(
            $"create{names.Singular}",
            $"Adds a {one}, which is in force everywhere within a second. The same body with the same `id` again changes nothing. "
            + "409 `conflict` when the id is taken, also by an archived one.");
        yield return new($"get{names.Singular}", $"Returns a {one}, also an archived one.");
        yield return new(
            $"replace{names.Singular}",
            $"Replaces the whole {one}: what the body leaves out takes its default. An archived one is in force again. "
            + "The same body again changes nothing.");
        yield return new(
            $"archive{names.Singular}",
            $"Takes the {one} out of force. It stays readable, and a replacement restores it. "
            + "409 `conflict` while other rules use it; the answer names them. Repeating it changes nothing.");
        yield return new(
            $"list{names.Singular}History",
            $"Returns who changed the {one} and when, with the content before and after, as long as the audit log keeps it.");
    }

    private static IEnumerable<KeyValuePair<string, string>> Others() =>
    [
        new("getTaxSettings", "Returns where taxes are rounded, and in which currencies prices include tax."),
        new(
            "replaceTaxSettings",
            "Replaces the tax settings. They are in force everywhere within a second. The same body again changes nothing."),
        new("listTaxSettingsHistory", "Returns who changed the tax settings and when, as long as the audit log keeps it."),
        new(
            "previewPricing",
            "Prices a cart that need not exist, for a customer or a described buyer, now or at another time. `outcomes` tells for each "
            + "rule whether it applies and why not. Uses and budgets of promotions count as they are now, and nothing is stored."),
        new(
            "generatePromotionCodes",
            "Generates codes of a promotion whose `trigger` is `codeBatch`, at most 100,000 at once. Each code is for one order: it is "
            + "reserved when an order is placed, and free again when the order is cancelled or expires. The codes follow from a secret of "
            + "the promotion, so none can be guessed and none is stored. `GET` on the same path lists them."),
        new(
            "getPromotionUses",
            "Returns how many orders use a promotion, and what it has cost, beside its limits. A use is reserved when an order is placed, "
            + "committed when it is confirmed, and given back when it is rejected, cancelled or expires. A promotion without a limit, a "
            + "budget or generated codes is not counted."),
        new("listPromotionCodes", "Returns the generated codes of a promotion in the order of their creation, and whether they are used."),
        new(
            "listCustomerGroupCustomers",
            "Returns the customers who are in a group, in the order of their ids. Not for API keys: it is personal data."),
        new("getUserPricing", "Returns the groups of a customer, and why the customer pays no tax."),
        new(
            "setUserPricing",
            "Replaces the groups of a customer and the tax exemption. They count from the next quote on. Groups that are new to the "
            + "customer must exist."),
    ];
}
