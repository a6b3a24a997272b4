using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

/// <summary>A movement on the account's balance.</summary>
internal sealed class BalanceTransaction(string id, long created, string type, long amount, long fee, string currency, string source)
    : StripeObject(id, created)
{
    public string Type => type;

    public long Amount => amount;

    public string Currency => currency;

    public override JsonObject Render()
    {
        var json = Blank("balance_transaction");
        json["amount"] = amount;
        json["available_on"] = Created;
        json["currency"] = currency;
        json["fee"] = fee;
        json["fee_details"] = fee == 0
            ? new JsonArray()
            : new JsonArray(new JsonObject
            {
                ["amount"] = fee,
                ["application"] = null,
                ["currency"] = currency,
                ["description"] = "Stripe processing fees",
                ["type"] = "stripe_fee",
            });
        json["net"] = amount - fee;
        json["reporting_category"] = type == "adjustment" ? "dispute" : type;
        json["source"] = source;
        json["status"] = "pending";
        json["type"] = type;
        json["balance_type"] = "payments";
        return json;
    }
}
