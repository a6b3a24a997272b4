using SoonShop.Events;

namespace SoonShop.Users;

/// <summary>
/// Brings the claims of an account's e-mail addresses in line with the account; the key is the user's id. Retried for as long as it takes:
/// an address must neither stay claimed by nobody nor belong to two.
/// </summary>
[GrainType("email-claims"), ImplicitStreamSubscription(EmailClaimsDue.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
internal sealed class EmailClaimsGrain : EventHandlerGrain, IHandle<EmailClaimsDue>
{
    Task IHandle<EmailClaimsDue>.HandleAsync(EmailClaimsDue e, EventContext context) =>
        GrainFactory.GetGrain<IUserGrain>(e.UserId).SettleEmailClaimsAsync(e.DueAt);
}
