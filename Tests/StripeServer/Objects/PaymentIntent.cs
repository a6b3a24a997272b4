using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class PaymentIntent(string id, long created, string secret) : StripeObject(id, created)
{
    public string ClientSecret => secret;

    public long Amount { get; set; }

    public required string Currency { get; set; }

    /// <summary>
    /// One of requires_payment_method, requires_confirmation, requires_action, processing, requires_capture, canceled, succeeded.
    /// </summary>
    public string Status { get; set; } = "requires_payment_method";

    public string CaptureMethod { get; set; } = "automatic_async";

    public string ConfirmationMethod { get; set; } = "automatic";

    /// <summary>
    /// Whether it takes the methods that the dashboard enables (then of more kinds than cards), and whether those may redirect.
    /// </summary>
    public bool AutomaticMethods { get; set; }

    public string? AllowRedirects { get; set; }

    public string? Customer { get; set; }

    public PaymentMethod? Method { get; set; }

    public string? SetupFutureUsage { get; set; }

    public string Request3DSecure { get; set; } = "automatic";

    public bool OffSession { get; set; }

    public string? ReturnUrl { get; set; }

    public string? Description { get; set; }

    public string? ReceiptEmail { get; set; }

    public string? StatementDescriptor { get; set; }

    public string? StatementDescriptorSuffix { get; set; }

    public string? TransferGroup { get; set; }

    public JsonObject? Shipping { get; set; }

    public JsonObject? NextAction { get; set; }

    public JsonObject? LastError { get; set; }

    public long? CanceledAt { get; set; }

    public string? CancellationReason { get; set; }

    /// <summary>Its attempts, the latest last.</summary>
    public List<Charge> Charges { get; } = [];

    public Charge? LatestCharge => Charges.Count > 0 ? Charges[^1] : null;

    public long AmountReceived => Status == "succeeded" ? LatestCharge!.AmountCaptured : 0;

    public long AmountCapturable => Status == "requires_capture" ? LatestCharge!.Amount : 0;

    public override JsonObject Render()
    {
        var json = Blank("payment_intent");
        json["amount"] = Amount;
        json["amount_capturable"] = AmountCapturable;
        json["amount_details"] = new JsonObject { ["tip"] = new JsonObject() };
        json["amount_received"] = AmountReceived;
        json["automatic_payment_methods"] = AutomaticMethods
            ? new JsonObject { ["allow_redirects"] = AllowRedirects ?? "always", ["enabled"] = true }
            : null;
        json["canceled_at"] = CanceledAt;
        json["cancellation_reason"] = CancellationReason;
        json["capture_method"] = CaptureMethod;
        json["client_secret"] = ClientSecret;
        json["confirmation_method"] = ConfirmationMethod;
        json["currency"] = Currency;
        json["customer"] = Customer;
        json["description"] = Description;
        json["last_payment_error"] = LastError?.DeepClone();
        json["latest_charge"] = LatestCharge?.Id;
        json["next_action"] = NextAction?.DeepClone();
        json["payment_method"] = Method?.Id;
        json["payment_method_options"] = new JsonObject
        {
            ["card"] = new JsonObject
            {
                ["installments"] = null,
                ["mandate_options"] = null,
                ["network"] = null,
                ["request_three_d_secure"] = Request3DSecure,
            },
        };
        json["payment_method_types"] = AutomaticMethods && AllowRedirects != "never"
            ? new JsonArray("card", "link", "ideal")
            : new JsonArray("card");
        json["processing"] = Status == "processing" ? new JsonObject { ["type"] = "card", ["card"] = new JsonObject() } : null;
        json["receipt_email"] = ReceiptEmail;
        json["setup_future_usage"] = SetupFutureUsage;
        json["shipping"] = Shipping?.DeepClone();
        json["statement_descriptor"] = StatementDescriptor;
        json["statement_descriptor_suffix"] = StatementDescriptorSuffix;
        json["status"] = Status;
        json["transfer_group"] = TransferGroup;
        return json;
    }

    /// <summary>What customers see of it, who hold the publishable key and the client secret.</summary>
    public JsonObject RenderForCustomer()
    {
        var json = Render();
        foreach (var name in (string[])[
            "amount_capturable", "amount_received", "application", "application_fee_amount", "customer", "customer_account",
            "latest_charge", "metadata", "on_behalf_of",
            "payment_method_options", "review", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"])
            json.Remove(name);
        return json;
    }
}
