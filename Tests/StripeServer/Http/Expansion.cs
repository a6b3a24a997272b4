using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Http;

/// <summary>Puts whole objects where answers have ids, as <c>expand[]</c> asks (docs.stripe.com/api/expanding_objects).</summary>
internal sealed class Expansion(Account account)
{
    private const int MaxDepth = 4, MaxRefunds = 10;

    /// <summary>What can be expanded: the field of a kind, and which kind it leads to.</summary>
    private static readonly Dictionary<(string Kind, string Field), string> Fields = new()
    {
        [("payment_intent", "customer")] = "customer",
        [("payment_intent", "latest_charge")] = "charge",
        [("payment_intent", "payment_method")] = "payment_method",
        [("charge", "balance_transaction")] = "balance_transaction",
        [("charge", "customer")] = "customer",
        [("charge", "payment_intent")] = "payment_intent",
        [("charge", "refunds")] = "refund",
        [("refund", "balance_transaction")] = "balance_transaction",
        [("refund", "failure_balance_transaction")] = "balance_transaction",
        [("refund", "charge")] = "charge",
        [("refund", "payment_intent")] = "payment_intent",
        [("dispute", "charge")] = "charge",
        [("dispute", "payment_intent")] = "payment_intent",
        [("payment_method", "customer")] = "customer",
    };

    /// <summary>Throws for a path that cannot be expanded in what an endpoint answers.</summary>
    public static void Check(ApiMethod endpoint, IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            var names = path.Split('.');
            if (endpoint.IsList)
            {
                if (names[0] != "data")
                    throw Impossible(path);
                names = names[1..];
            }
            if (names.Length > MaxDepth)
                throw StripeError.Invalid($"You cannot expand more than {MaxDepth} levels of a property ({path}).", param: "expand[]");
            var kind = endpoint.Kind;
            foreach (var name in names)
            {
                // Within an expanded list of refunds its elements stand under data.
                if (kind == "refund" && name == "data")
                    continue;
                kind = Fields.GetValueOrDefault((kind, name)) ?? throw Impossible(path);
            }
        }

        static StripeError Impossible(string path) => StripeError.Invalid($"This property cannot be expanded ({path}).", param: "expand[]");
    }

    /// <summary>Expands an answer along paths that were checked.</summary>
    public void Apply(JsonObject answer, IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
            Expand(answer, path.Split('.'));
    }

    private void Expand(JsonObject parent, ReadOnlySpan<string> names)
    {
        if (names.Length == 0 || !parent.TryGetPropertyValue(names[0], out var child))
            return;
        if (child is null && names[0] == "refunds")
            parent[names[0]] = child = Refunds(account.Charges.Find(parent["id"]!.GetValue<string>())!);
        else if (child is JsonValue value
            && value.TryGetValue<string>(out var id)
            && Find(Fields[(parent["object"]!.GetValue<string>(), names[0])], id) is { } found)
            parent[names[0]] = child = found.Render();
        if (child is JsonObject nested)
            Expand(nested, names[1..]);
        foreach (var element in (child as JsonArray ?? []).OfType<JsonObject>())
            Expand(element, names[1..]);
    }

    private static JsonObject Refunds(Charge charge) => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. charge.Refunds.AsEnumerable().Reverse().Take(MaxRefunds).Select(r => r.Render())]),
        ["has_more"] = charge.Refunds.Count > MaxRefunds,
        ["url"] = $"/v1/charges/{charge.Id}/refunds",
    };

    private StripeObject? Find(string kind, string id) => kind switch
    {
        "payment_intent" => account.Intents.Find(id),
        "charge" => account.Charges.Find(id),
        "customer" => account.Customers.Find(id),
        "payment_method" => account.Methods.Find(id),
        "balance_transaction" => account.Transactions.Find(id),
        _ => null,
    };
}
