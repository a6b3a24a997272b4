using SoonShop.Events;
using SoonShop.Users;

namespace SoonShop.Privacy;

/// <summary>
/// Completes the erasure of an account; the key is the user's id. It retries without limit: a payment provider may be unavailable, or an
/// order may have been placed at the last moment.
/// </summary>
[GrainType("erasure"), ImplicitStreamSubscription(ErasureDue.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
internal sealed class ErasureGrain : EventHandlerGrain, IHandle<ErasureDue>
{
    Task IHandle<ErasureDue>.HandleAsync(ErasureDue e, EventContext context) =>
        GrainFactory.GetGrain<IUserGrain>(e.UserId).ResumeErasureAsync();
}
