using Orleans.Serialization.Invocation;

namespace SoonShop.Events;

/// <summary>
/// Recognizes the calls with which a stream asks a new consumer whether it exists and where it stands. Orleans' pulling agent reads nothing
/// more of a queue until it has the response, so a busy handler must respond at once. These calls only read and complete synchronously. A
/// grain admits them through <see cref="Orleans.Concurrency.MayInterleaveAttribute"/>; attempts still run one after the other.
/// </summary>
internal static class StreamHandshake
{
    /// <summary>True for exactly these calls.</summary>
    public static bool Includes(IInvokable request) =>
        request.GetMethodName() is "GetSequenceToken" or "WakeAsync" && request.GetInterfaceType().IsAssignableTo(typeof(IGrainExtension));
}
