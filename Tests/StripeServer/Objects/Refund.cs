using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class Refund(string id, long created, Charge charge, long amount) : StripeObject(id, created)
{
    public Charge Charge => charge;

    public long Amount => amount;

    /// <summary>True for what was authorized and not captured: no money came back, for none had moved.</summary>
    public bool IsRelease { get; init; }

    /// <summary>pending, succeeded, failed or canceled.</summary>
    public string Status { get; set; } = "succeeded";

    public string? Reason { get; set; }

    public string? FailureReason { get; set; }

    public BalanceTransaction? Transaction { get; set; }

    public BalanceTransaction? FailureTransaction { get; set; }

    public override JsonObject Render()
    {
        var json = Blank("refund");
        json["amount"] = amount;
        json["balance_transaction"] = Transaction?.Id;
        json["charge"] = charge.Id;
        json["currency"] = charge.Intent.Currency;
        json["destination_details"] = new JsonObject
        {
            ["card"] =
                new JsonObject { ["reference_status"] = "pending", ["reference_type"] = "acquirer_reference_number", ["type"] = "refund" },
            ["type"] = "card",
        };
        json["payment_intent"] = charge.Intent.Id;
        json["payment_method"] = charge.Method.Id;
        json["customer"] = charge.Intent.Customer;
        json["reason"] = Reason;
        json["status"] = Status;
        if (FailureReason is not null)
        {
            json["failure_balance_transaction"] = FailureTransaction?.Id;
            json["failure_reason"] = FailureReason;
        }
        return json;
    }
}
