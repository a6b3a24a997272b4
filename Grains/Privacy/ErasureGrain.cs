using SoonShop.Events;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>
/// Sees to it that an account is erased; the key is the user's id. Retried for as long as it takes: a payment provider may be away, or
/// an order may have slipped in.
/// </summary>
[GrainType("erasure"), ImplicitStreamSubscription(ErasureDue.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
internal sealed class ErasureGrain : EventHandlerGrain, IHandle<ErasureDue>
{
    Task IHandle<ErasureDue>.HandleAsync(ErasureDue e, EventContext context) => GrainFactory.GetGrain<IUserGrain>(e.UserId).ResumeErasureAsync();
}
