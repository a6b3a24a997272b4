using SoonShop.Events;

namespace SoonShop.Users;

/// <summary>
/// Aligns the claims of an account's e-mail addresses with the account; the key is the user's id. It retries without limit: an address must
/// neither stay claimed without an owner nor belong to two accounts.
/// </summary>
[GrainType("email-claims"), ImplicitStreamSubscription(EmailClaimsDue.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
internal sealed class EmailClaimsGrain : EventHandlerGrain, IHandle<EmailClaimsDue>
{
    Task IHandle<EmailClaimsDue>.HandleAsync(EmailClaimsDue e, EventContext context) =>
        GrainFactory.GetGrain<IUserGrain>(e.UserId).SettleEmailClaimsAsync(e.DueAt);
}
