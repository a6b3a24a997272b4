using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class Dispute(string id, long created, Charge charge, long amount, string reason) : StripeObject(id, created)
{
    private const long EvidenceDays = 9;

    public Charge Charge => charge;

    public long Amount => amount;

    /// <summary>needs_response, under_review, won or lost; an inquiry's begin with <c>warning_</c>.</summary>
    public string Status { get; set; } = "needs_response";

    public bool IsClosed => Status is "won" or "lost" or "warning_closed";

    public bool IsInquiry => Status.StartsWith("warning_", StringComparison.Ordinal);

    public int Submissions { get; set; }

    public SortedDictionary<string, string> Evidence { get; } = new(StringComparer.Ordinal);

    public List<BalanceTransaction> Transactions { get; } = [];

    public override JsonObject Render()
    {
        var json = Blank("dispute");
        json["amount"] = amount;
        json["balance_transactions"] = new JsonArray([.. Transactions.Select(t => t.Render())]);
        json["charge"] = charge.Id;
        json["currency"] = charge.Intent.Currency;
        var evidence = Examples.Part("dispute", "evidence");
        foreach (var (name, text) in Evidence)
            evidence[name] = text;
        json["evidence"] = evidence;
        json["evidence_details"] = new JsonObject
        {
            ["due_by"] = Created + EvidenceDays * 24 * 60 * 60,
            ["enhanced_eligibility"] = new JsonObject(),
            ["has_evidence"] = Evidence.Count > 0,
            ["past_due"] = false,
            ["submission_count"] = Submissions,
        };
        json["is_charge_refundable"] = IsInquiry && charge.AmountLeft > 0;
        json["payment_intent"] = charge.Intent.Id;
        var details = Examples.Part("dispute", "payment_method_details");
        details["card"]!["brand"] = charge.Method.Card.Brand;
        details["card"]!["case_type"] = IsInquiry ? "inquiry" : "chargeback";
        json["payment_method_details"] = details;
        json["reason"] = reason;
        json["status"] = Status;
        json["enhanced_eligibility_types"] = new JsonArray();
        return json;
    }
}
