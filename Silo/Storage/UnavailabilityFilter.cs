using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Translates what a grain's surroundings throw when the database or another silo is out of reach, or older than this one, into the one
/// exception that callers know. Whether the call took effect is then unknown; every command may be sent again. It tells grains that count their
/// calls of each.
/// </summary>
internal sealed partial class UnavailabilityFilter(ILogger<UnavailabilityFilter> log) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var counter = context.Grain as ICallCounter;
        counter?.CallBegins();
        try
        {
            await context.Invoke();
        }
        // Whoever cancelled waits for nothing.
        catch (Exception e) when (e is not UnavailableException && IsTransient(e) && !context.Request.GetCancellationToken().IsCancellationRequested)
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, e.Message);
            throw new UnavailableException("The shop is busy or its database is out of reach. Try again.");
        }
        // A client cannot read a cause whose type is the silo's own: it would not even learn that it may try again.
        catch (UnavailableException e) when (e.InnerException is { } cause)
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, $"{e.Message} {cause.Message}");
            throw new UnavailableException(e.Message);
        }
        catch (Exception e) when (OtherVersions.LackMethod(e))
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, e.Message);
            throw new UnavailableException(OtherVersions.Message);
        }
        finally
        {
            counter?.CallEnded();
        }
    }

    private static bool IsTransient(Exception e) => e is
        NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException
        or InconsistentStateException or Orleans.Runtime.OrleansException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Interface}.{Method} of a {Grain} is unavailable: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string @interface, string method, Orleans.Runtime.GrainType grain, string reason);
}
