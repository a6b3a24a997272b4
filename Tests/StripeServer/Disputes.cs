using SoonShop.StripeTesting.Http;
using SoonShop.StripeTesting.Objects;

namespace SoonShop.StripeTesting;

/// <summary>How disputes open and close, with the money that they move.</summary>
internal static class Disputes
{
    /// <summary>A cardholder's bank takes money back (or asks, in an inquiry).</summary>
    public static Dispute Open(Account account, Call call, Charge charge, long amount, string reason, bool inquiry)
    {
        if (!charge.Captured || charge.Dispute is not null)
            throw StripeError.Refused($"Charge {charge.Id} is not captured, or is disputed already.");
        if (amount < 1 || amount > charge.AmountCaptured)
            throw StripeError.Refused(
                $"A dispute of charge {charge.Id} is about 1 to {charge.AmountCaptured}, not {amount}.", param: "amount");
        var dispute = account.Disputes.Add(new Dispute(Account.NewId("du"), account.Now, charge, amount, reason)
        {
            Status = inquiry ? "warning_needs_response" : "needs_response",
        });
        var before = charge.Render();
        charge.Dispute = dispute;
        account.Emit(call, "charge.updated", charge, before);
        account.Emit(call, "charge.dispute.created", dispute);
        if (!inquiry)
        {
            var was = dispute.Render();
            dispute.Transactions.Add(account.Move("adjustment", -amount, charge.Intent.Currency, dispute.Id));
            account.Emit(call, "charge.dispute.funds_withdrawn", dispute, was);
        }
        return dispute;
    }

    /// <summary>Ends a dispute; one that is won brings the money back.</summary>
    public static void Close(Account account, Call call, Dispute dispute, bool won)
    {
        if (dispute.IsClosed)
            throw StripeError.Refused("This dispute is already closed.");
        var before = dispute.Render();
        dispute.Status = dispute.IsInquiry ? "warning_closed" : won ? "won" : "lost";
        if (dispute.Status == "won")
            dispute.Transactions.Add(account.Move("adjustment", dispute.Amount, dispute.Charge.Intent.Currency, dispute.Id));
        account.Emit(call, "charge.dispute.closed", dispute, before);
        if (dispute.Status == "won")
            account.Emit(call, "charge.dispute.funds_reinstated", dispute, before);
    }
}
