using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>How refunds are made, and how those end that take their time.</summary>
internal static class Refunding
{
    /// <summary>Gives money back: an amount, or all that is left.</summary>
    public static Refund Create(Account account, Call call, Charge charge, long? amount, string? reason)
    {
        if (charge.Dispute is { IsInquiry: false, Status: not "won" })
            throw StripeError.Refused($"Charge {charge.Id} has been charged back; cannot issue a refund.", "charge_disputed");
        if (charge.AmountLeft == 0)
            throw StripeError.Refused($"Charge {charge.Id} has already been refunded.", "charge_already_refunded");
        var wanted = amount ?? charge.AmountLeft;
        if (wanted > charge.AmountLeft)
            throw StripeError.Refused(
                $"Refund amount ({Currencies.Text(wanted, charge.Intent.Currency)}) is greater than unrefunded amount on charge "
                    + $"({Currencies.Text(charge.AmountLeft, charge.Intent.Currency)})", param: "amount");
        var before = charge.Render();
        var refund = account.Refunds.Add(new Refund(Account.NewId("re"), account.Now, charge, wanted) { Reason = reason });
        refund.Merge(call.Form);
        if (charge.Method.Card.Aftermath == Aftermath.RefundPends)
            refund.Status = "pending";
        refund.Transaction = account.Move("refund", -wanted, charge.Intent.Currency, refund.Id);
        charge.Refunds.Add(refund);
        account.Emit(call, "refund.created", refund);
        account.Emit(call, "charge.refunded", charge, before);
        return refund;
    }

    /// <summary>A pending refund arrives.</summary>
    public static void Succeed(Account account, Call call, Refund refund)
    {
        if (refund.Status != "pending")
            throw StripeError.Refused($"Refund {refund.Id} is {refund.Status}, not pending.");
        var before = refund.Render();
        refund.Status = "succeeded";
        Updated(account, call, refund, before);
    }

    /// <summary>A refund, pending or thought to have succeeded, fails: the money is back with the shop.</summary>
    public static void Fail(Account account, Call call, Refund refund, string reason)
    {
        if (refund.Status is not ("pending" or "succeeded") || refund.IsRelease)
            throw StripeError.Refused($"Refund {refund.Id} is {refund.Status}, or is of nothing that was captured; it cannot fail.");
        var before = refund.Render();
        refund.Status = "failed";
        refund.FailureReason = reason;
        refund.FailureTransaction = account.Move("refund_failure", refund.Amount, refund.Charge.Intent.Currency, refund.Id);
        account.Emit(call, "refund.failed", refund, before);
        Updated(account, call, refund, before);
    }

    private static void Updated(Account account, Call call, Refund refund, System.Text.Json.Nodes.JsonObject before)
    {
        account.Emit(call, "refund.updated", refund, before);
        account.Emit(call, "charge.refund.updated", refund, before);
    }
}
