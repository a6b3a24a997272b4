using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class Charge(string id, long created, PaymentIntent intent, PaymentMethod method) : StripeObject(id, created)
{
    public PaymentIntent Intent => intent;

    public PaymentMethod Method => method;

    public long Amount { get; } = intent.Amount;

    public long AmountCaptured { get; set; }

    public bool Captured { get; set; }

    /// <summary>succeeded, pending or failed.</summary>
    public string Status { get; set; } = "succeeded";

    public Decline? Decline { get; set; }

    public bool Authenticated { get; set; }

    public BalanceTransaction? Transaction { get; set; }

    public string? Description { get; set; } = intent.Description;

    public string? ReceiptEmail { get; set; } = intent.ReceiptEmail;

    public List<Refund> Refunds { get; } = [];

    public Dispute? Dispute { get; set; }

    /// <summary>What was refunded and did not come back.</summary>
    public long AmountRefunded => Refunds.Where(r => r is { IsRelease: false, Status: not ("failed" or "canceled") }).Sum(r => r.Amount);

    /// <summary>What an authorization held and was let go: not captured, or not all. Stripe shows it as a refund.</summary>
    public long AmountReleased => Refunds.Where(r => r.IsRelease).Sum(r => r.Amount);

    /// <summary>What can still be refunded.</summary>
    public long AmountLeft => AmountCaptured - AmountRefunded;

    public override JsonObject Render()
    {
        var json = Blank("charge");
        var succeeded = Status == "succeeded";
        json["amount"] = Amount;
        json["amount_captured"] = AmountCaptured;
        json["amount_refunded"] = AmountRefunded + AmountReleased;
        json["balance_transaction"] = Transaction?.Id;
        json["billing_details"] = method.BillingDetails();
        json["calculated_statement_descriptor"] = intent.StatementDescriptor ?? "SOONSHOP";
        json["captured"] = Captured;
        json["currency"] = intent.Currency;
        json["customer"] = intent.Customer;
        json["description"] = Description;
        json["disputed"] = Dispute is not null;
        json["failure_code"] = Decline?.Code;
        json["failure_message"] = Decline?.Message;
        json["fraud_details"] = new JsonObject();
        json["outcome"] = Outcome(succeeded);
        json["paid"] = succeeded;
        json["payment_intent"] = intent.Id;
        json["payment_method"] = method.Id;
        json["payment_method_details"] = Details();
        json["receipt_email"] = ReceiptEmail;
        json["refunded"] = succeeded && AmountRefunded + AmountReleased >= Amount;
        json["shipping"] = intent.Shipping?.DeepClone();
        json["statement_descriptor"] = intent.StatementDescriptor;
        json["statement_descriptor_suffix"] = intent.StatementDescriptorSuffix;
        json["status"] = Status;
        json["transfer_group"] = intent.TransferGroup;
        return json;
    }

    private JsonObject Outcome(bool succeeded)
    {
        var outcome = Examples.Part("charge", "outcome");
        outcome["advice_code"] = Decline?.AdviceCode;
        outcome["network_status"] = succeeded ? "approved_by_network"
            : Decline?.Blocked == true ? "not_sent_to_network"
            : "declined_by_network";
        outcome["reason"] = succeeded ? null : Decline?.DeclineCode ?? Decline?.Code;
        outcome["risk_level"] = Decline?.Blocked == true ? "highest" : "normal";
        outcome["seller_message"] = succeeded ? "Payment complete." : "The bank did not return any further details with this decline.";
        outcome["type"] = succeeded ? "authorized" : Decline?.Blocked == true ? "blocked" : "issuer_declined";
        return outcome;
    }

    private JsonObject Details()
    {
        var details = Examples.Part("charge", "payment_method_details");
        var card = details["card"]!.AsObject();
        method.Describe(card);
        card["amount_authorized"] = Status == "succeeded" ? Amount : null;
        card["installments"] = null;
        card["wallet"] = null;
        card["overcapture"]!["maximum_amount_capturable"] = Amount;
        if (Status == "succeeded")
            card["authorization_code"] = "123456";
        if (Authenticated)
        {
            var secure = card["three_d_secure"]!.AsObject();
            secure["authentication_flow"] = "challenge";
            secure["electronic_commerce_indicator"] = "05";
            secure["result"] = "authenticated";
            secure["version"] = "2.2.0";
        }
        else
        {
            card["three_d_secure"] = null;
        }
        return details;
    }
}
