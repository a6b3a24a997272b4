using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.ServiceDefaults;
using SoonShop.Silo.Dashboard;

namespace SoonShop.Silo.Calls;

/// <summary>
/// Wraps every grain call. It is a single filter because each additional filter costs a call more than its own work. It rejects a call
/// whose caller has given up, and notifies grains that count their calls. It translates errors of an unreachable database, or of an
/// unreachable or older silo, into <see cref="UnavailableException"/>. Whether such a call took effect is unknown; every command may be
/// sent again. While the dashboard is in use, the filter counts the call there.
/// </summary>
internal sealed partial class CallFilter(CallDeadlines deadlines, ILogger<CallFilter> log, DashboardMetrics? dashboard = null)
    : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        deadlines.ThrowIfOver(context);
        var counter = context.Grain as ICallCounter;
        var scheduler = TaskScheduler.Current;
        var ready = counter?.CallBeginsAsync(context.MethodName) ?? ValueTask.CompletedTask;
        try
        {
            await ready;
            // Continues where the call ended, which usually is the grain's scheduler. Returning to the scheduler once more would cost
            // several objects per call.
            await (dashboard?.Profiler is { } profiler ? profiler.Invoke(context) : context.Invoke()).ConfigureAwait(false);
        }
        // A caller that cancelled does not wait for a result.
        catch (Exception e)
            when (e is not UnavailableException && IsTransient(e) && !context.Request.GetCancellationToken().IsCancellationRequested)
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, e.Message);
            throw new UnavailableException(ErrorText.Of("error.busy", "The shop is busy or its database is out of reach. Try again."));
        }
        // A client cannot deserialize a cause whose type belongs to the silo. It would not even learn that it may retry.
        catch (UnavailableException e) when (e.InnerException is { } cause)
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, $"{e.Message} {cause.Message}");
            throw new UnavailableException(e.Reason);
        }
        catch (Exception e) when (OtherVersions.LackMethod(e))
        {
            LogUnavailable(log, context.InterfaceName, context.MethodName, context.TargetId.Type, e.Message);
            throw new UnavailableException(OtherVersions.Reason);
        }
        finally
        {
            // If the runtime could not continue inline, the call ended on another thread.
            if (counter is not null && TaskScheduler.Current == scheduler)
                counter.CallEnded();
            else if (counter is not null)
                await Task.Factory.StartNew(counter.CallEnded, CancellationToken.None, TaskCreationOptions.None, scheduler)
                    .ConfigureAwait(false);
        }
    }

    private static bool IsTransient(Exception e) => e is
        NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException
        or InconsistentStateException or OrleansException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Interface}.{Method} of a {Grain} is unavailable: {Reason}")]
    private static partial void LogUnavailable(
        ILogger log, string @interface, string method, GrainType grain, string reason);
}
