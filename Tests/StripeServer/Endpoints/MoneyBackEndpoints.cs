using System.Text.Json.Nodes;
using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting.Endpoints;

/// <summary>Charges, and what comes back of them: refunds and disputes.</summary>
internal sealed class MoneyBackEndpoints(Account account)
{
    public IEnumerable<ApiMethod> All =>
    [
        ApiMethod.Get("/v1/charges", "payment_intent:id customer:id transfer_group:text" + Pages.Rules, ListCharges),
        ApiMethod.Get("/v1/charges/{charge}", "", call => Charge(call).Render()),
        ApiMethod.Post("/v1/charges/{charge}", "description:text metadata:map receipt_email:text", UpdateCharge),
        ApiMethod.Get("/v1/charges/{charge}/refunds", Pages.Rules, call =>
            Pages.Page(call, $"/v1/charges/{Charge(call).Id}/refunds", Charge(call).Refunds, _ => true)),
        ApiMethod.Get("/v1/balance_transactions/{id}", "", call => account.Transactions.InUrl(call.Route("id"), "id").Render()),

        ApiMethod.Post(
            "/v1/refunds",
            "charge:id payment_intent:id amount:int reason=duplicate|fraudulent|requested_by_customer metadata:map instructions_email:text",
            CreateRefund),
        ApiMethod.Get("/v1/refunds", "charge:id payment_intent:id" + Pages.Rules, ListRefunds),
        ApiMethod.Get("/v1/refunds/{refund}", "", call => Refund(call).Render()),
        ApiMethod.Post("/v1/refunds/{refund}", "metadata:map", UpdateRefund),
        ApiMethod.Post("/v1/refunds/{refund}/cancel", "", CancelRefund),

        ApiMethod.Get("/v1/disputes", "charge:id payment_intent:id" + Pages.Rules, ListDisputes),
        ApiMethod.Get("/v1/disputes/{dispute}", "", call => Dispute(call).Render()),
        ApiMethod.Post("/v1/disputes/{dispute}", "evidence:any metadata:map submit:bool", UpdateDispute),
        ApiMethod.Post("/v1/disputes/{dispute}/close", "", CloseDispute),
    ];

    private JsonObject ListCharges(Call call)
    {
        var customer = call.Text("customer");
        var group = call.Text("transfer_group");
        return Pages.Page(call, "/v1/charges", Intent(call)?.Charges ?? account.Charges.All, c =>
            (customer is null || c.Intent.Customer == customer) && (group is null || c.Intent.TransferGroup == group));
    }

    private JsonObject UpdateCharge(Call call)
    {
        var charge = Charge(call);
        var before = charge.Render();
        charge.Merge(call.Form);
        charge.Description = call.Text("description") ?? charge.Description;
        charge.ReceiptEmail = call.Text("receipt_email") ?? charge.ReceiptEmail;
        account.Emit(call, "charge.updated", charge, before);
        return charge.Render();
    }

    private JsonObject CreateRefund(Call call)
    {
        if (call.Text("charge") is null && call.Text("payment_intent") is null)
            throw StripeError.Invalid(
                "One of the following params should be provided for this request: payment_intent or charge.", "parameter_missing",
                "payment_intent");
        if (call.Number("amount") < 1)
            throw StripeError.Invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount");
        var charge = ChargeToRefund(call);
        return Refunding.Create(account, call, charge, call.Number("amount"), call.Text("reason")).Render();
    }

    private Charge ChargeToRefund(Call call)
    {
        var intent = Intent(call);
        var named = call.Text("charge") is { } id ? account.Charges.InParameter(id, "charge") : null;
        if (intent is not null && named is not null && named.Intent != intent)
            throw StripeError.Refused($"The charge {named.Id} does not belong to the PaymentIntent {intent.Id}.", param: "charge");
        if (named is { Status: "failed" })
            throw StripeError.Refused($"Charge {named.Id} has failed; it cannot be refunded.", param: "charge");
        var charge = named ?? intent!.LatestCharge;
        return charge is { Captured: true }
            ? charge
            : throw StripeError.Refused(intent is null
                ? $"Charge {named!.Id} has not been captured: cancel its PaymentIntent to let the money go."
                : $"This PaymentIntent ({intent.Id}) does not have a successful charge to refund.",
                param: intent is null ? "charge" : "payment_intent");
    }

    private JsonObject ListRefunds(Call call) =>
        Pages.Page(
            call,
            "/v1/refunds",
            ChargeFilter(call, c => c.Refunds) ?? Intent(call)?.Charges.SelectMany(c => c.Refunds).ToList() ?? account.Refunds.All,
            _ => true);

    private JsonObject UpdateRefund(Call call)
    {
        var refund = Refund(call);
        var before = refund.Render();
        refund.Merge(call.Form);
        account.Emit(call, "refund.updated", refund, before);
        account.Emit(call, "charge.refund.updated", refund, before);
        return refund.Render();
    }

    private JsonObject CancelRefund(Call call)
    {
        var refund = Refund(call);
        throw StripeError.Refused($"Refund {refund.Id} cannot be canceled: only a refund with a status of requires_action can, and this "
            + $"one's is {refund.Status}.");
    }

    private JsonObject ListDisputes(Call call) =>
        Pages.Page(
            call, "/v1/disputes",
            ChargeFilter(call, OfCharge) ?? Intent(call)?.Charges.SelectMany(OfCharge).ToList() ?? account.Disputes.All, _ => true);

    private JsonObject UpdateDispute(Call call)
    {
        var dispute = Dispute(call);
        if (dispute.IsClosed || dispute.Status is "under_review")
            throw StripeError.Refused($"This dispute is {dispute.Status}; its evidence can no longer be changed.");
        var before = dispute.Render();
        dispute.Merge(call.Form);
        foreach (var (name, text) in call.Form.Map("evidence"))
            dispute.Evidence[name] = text;
        // Evidence is sent in with the request unless it says otherwise.
        var submits = call.Flag("submit") ?? call.Form.Has("evidence");
        if (submits)
        {
            dispute.Submissions++;
            dispute.Status = dispute.IsInquiry ? "warning_under_review" : "under_review";
        }
        account.Emit(call, "charge.dispute.updated", dispute, before);
        // These two words decide disputes of test cards (docs.stripe.com/testing#evidence).
        if (submits && dispute.Evidence.GetValueOrDefault("uncategorized_text") is "winning_evidence" or "losing_evidence")
            call.Afterwards(later => Disputes.Close(account, later, dispute, dispute.Evidence["uncategorized_text"] == "winning_evidence"));
        return dispute.Render();
    }

    private JsonObject CloseDispute(Call call)
    {
        var dispute = Dispute(call);
        Disputes.Close(account, call, dispute, won: false);
        return dispute.Render();
    }

    private Charge Charge(Call call) => account.Charges.InUrl(call.Route("charge"), "id");

    private Refund Refund(Call call) => account.Refunds.InUrl(call.Route("refund"), "refund");

    private Dispute Dispute(Call call) => account.Disputes.InUrl(call.Route("dispute"), "dispute");

    private PaymentIntent? Intent(Call call) =>
        call.Text("payment_intent") is { } id ? account.Intents.InParameter(id, "payment_intent") : null;

    private IReadOnlyList<T>? ChargeFilter<T>(Call call, Func<Charge, IReadOnlyList<T>> list) =>
        call.Text("charge") is { } id ? list(account.Charges.InParameter(id, "charge")) : null;

    private static IReadOnlyList<Dispute> OfCharge(Charge charge) => charge.Dispute is { } dispute ? [dispute] : [];
}
