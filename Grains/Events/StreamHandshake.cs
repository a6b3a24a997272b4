using Orleans.Serialization.Invocation;

namespace SoonShop.Events;

/// <summary>
/// What streams ask of a consumer before they hand it the first event of a stream that is new to them: whether it is there, and where
/// it stands. Orleans' pulling agent reads nothing more of a queue until it has the answer, so a handler that is busy with an event
/// of another stream must give it at once: it only looks, and ends in the turn in which it begins. A grain lets it in by
/// <see cref="Orleans.Concurrency.MayInterleaveAttribute"/>; attempts still come one after the other.
/// </summary>
internal static class StreamHandshake
{
    /// <summary>True for these calls and no others.</summary>
    public static bool Includes(IInvokable request) =>
        request.GetMethodName() is "GetSequenceToken" or "WakeAsync" && request.GetInterfaceType().IsAssignableTo(typeof(IGrainExtension));
}
