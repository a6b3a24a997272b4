using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using SoonShop.ApiFrontend.Grpc;
using RpcStatus = Google.Rpc.Status;

namespace SoonShop.Tests.Grpc;

/// <summary>How a call failed.</summary>
/// <param name="Exception">What the client threw.</param>
/// <param name="Details">The status with its details; null without details.</param>
internal sealed record Failure(RpcException Exception, RpcStatus? Details)
{
    public string? Reason => Detail<ErrorInfo>()?.Reason;

    public IEnumerable<string> Fields => Detail<BadRequest>()?.FieldViolations.Select(v => v.Field) ?? [];

    /// <summary>A detail of a type; null when there is none.</summary>
    public T? Detail<T>() where T : class, IMessage<T>, new() =>
        Details?.Details.FirstOrDefault(d => d.Is(new T().Descriptor))?.Unpack<T>();

    public override string ToString() => $"{Exception.Status}: {Details}";
}

/// <summary>What failing calls must look like.</summary>
internal static class GrpcExpect
{
    /// <summary>The call fails with this status and reason, and names this field.</summary>
    public static async Task<Failure> FailsAsync<T>(StatusCode code, string? reason, Func<AsyncUnaryCall<T>> call, string? field = null)
    {
        var failure = await TryAsync(call) ?? throw new Xunit.Sdk.XunitException($"Wanted {code}, and the call succeeded.");
        Assert.True(code == failure.Exception.StatusCode, $"Wanted {code}: {failure}");
        Assert.True(reason == failure.Reason, $"Wanted {reason}: {failure}");
        if (reason is not null)
            Assert.Null(Flaw(failure));
        if (field is not null)
            Assert.True(failure.Fields.Contains(field), $"{field} is not named: {failure}");
        return failure;
    }

    /// <summary>How the call failed; null when it succeeded.</summary>
    public static async Task<Failure?> TryAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        try
        {
            using var running = call();
            await running.ResponseAsync;
            return null;
        }
        catch (RpcException e)
        {
            return Of(e);
        }
    }

    public static Failure Of(RpcException e) => new(
        e, e.Trailers.GetValueBytes("grpc-status-details-bin") is { } bytes ? RpcStatus.Parser.ParseFrom(bytes) : null);

    /// <summary>What is wrong with the form of a failure; null when nothing is.</summary>
    public static string? Flaw(Failure failure)
    {
        if (failure.Details is not { } details)
            return "no details";
        if (details.Code != (int)failure.Exception.StatusCode || details.Message != failure.Exception.Status.Detail)
            return "the details are of another status";
        if (failure.Detail<ErrorInfo>() is not { Domain: GrpcProblem.Domain, Reason.Length: > 0 })
            return "no reason";
        if (failure.Detail<RequestInfo>() is not { RequestId.Length: > 0 })
            return "no trace id";
        if (details.Message.Length == 0)
            return "no message";
        return details.Message.Contains("Exception", StringComparison.Ordinal)
            || details.Message.Contains("   at ", StringComparison.Ordinal)
            ? "it shows an exception"
            : null;
    }
}
