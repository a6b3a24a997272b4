using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.ServiceDefaults;
using SoonShop.Silo.Dashboard;

namespace SoonShop.Silo.Calls;

/// <summary>
/// Around every call of a grain; one filter for everything, because each further one costs a call more than what it does. It refuses a call that
/// nobody waits for, and tells grains that count their calls of each. It translates what a grain's surroundings throw when the database or another
/// silo is out of reach, or older than this one, into the one exception that callers know: whether the call took effect is then unknown; every
/// command may be sent again. While somebody looks at the dashboard, the call is counted there.
/// </summary>
internal sealed partial class CallFilter(CallDeadlines deadlines, ILogger<CallFilter> log, DashboardMetrics? dashboard = null) : IIncomingGrainCallFilter
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
            // Goes on where the call ended, which is on the grain's scheduler already: to be put there once more costs each call several objects.
            await (dashboard?.Profiler is { } profiler ? profiler.Invoke(context) : context.Invoke()).ConfigureAwait(false);
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
            // Where the runtime could not go on at once, it went to another thread.
            if (counter is not null && TaskScheduler.Current == scheduler)
                counter.CallEnded();
            else if (counter is not null)
                await Task.Factory.StartNew(counter.CallEnded, CancellationToken.None, TaskCreationOptions.None, scheduler).ConfigureAwait(false);
        }
    }

    private static bool IsTransient(Exception e) => e is
        NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException
        or InconsistentStateException or Orleans.Runtime.OrleansException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Interface}.{Method} of a {Grain} is unavailable: {Reason}")]
    private static partial void LogUnavailable(ILogger log, string @interface, string method, Orleans.Runtime.GrainType grain, string reason);
}
