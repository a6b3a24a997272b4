using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class PaymentMethod(string id, long created, TestCard card) : StripeObject(id, created)
{
    public TestCard Card => card;

    public string? Customer { get; set; }

    /// <summary>True once it paid, or was detached, without belonging to a customer: it can then not be used again.</summary>
    public bool Spent { get; set; }

    /// <summary>True once a customer authenticated with it for payments to come.</summary>
    public bool IsSetUp { get; set; }

    public JsonObject? Billing { get; set; }

    public override JsonObject Render()
    {
        var json = Blank("payment_method");
        json["allow_redisplay"] = "unspecified";
        json["billing_details"] = BillingDetails();
        var details = Examples.Part("payment_method", "card");
        Describe(details);
        details["display_brand"] = card.Brand;
        details["generated_from"] = null;
        details["wallet"] = null;
        details["networks"] = new JsonObject { ["available"] = new JsonArray(card.Brand), ["preferred"] = null };
        json["card"] = details;
        json["customer"] = Customer;
        json["type"] = "card";
        return json;
    }

    public JsonObject BillingDetails()
    {
        var details = Examples.Part("charge", "billing_details");
        details["name"] = null;
        foreach (var (name, value) in Billing ?? [])
            details[name] = value?.DeepClone();
        return details;
    }

    /// <summary>Writes the card's own fields over an example's.</summary>
    public void Describe(JsonObject json)
    {
        json["brand"] = card.Brand;
        json["country"] = card.Country;
        json["exp_month"] = 12;
        json["exp_year"] = DateTimeOffset.FromUnixTimeSeconds(Created).Year + 3;
        json["fingerprint"] = card.Fingerprint;
        json["funding"] = card.Funding;
        json["last4"] = card.Last4;
        if (json.ContainsKey("network"))
            json["network"] = card.Brand;
        json["checks"]!["cvc_check"] = card.Decline?.Code == "incorrect_cvc" ? "fail" : null;
    }
}
