using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Writes lines to the standard output, each redacted. Called by the thread that logs, which knows the request that it works for.</summary>
internal abstract class ShopLogFormatter(string name, LogSettings settings, ILogActor? actor) : ConsoleFormatter(name)
{
    protected LogSettings Settings => settings;

    public sealed override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var shows = settings.ShowsDevelopmentSecrets && logEntry.EventId.Name == LogEvents.DevelopmentSecret;
        Write(LogLine.Of(logEntry, scopeProvider, actor?.Current ?? RequestContext.Get(RequestKeys.Actor) as string, redacts: !shows), textWriter);
    }

    /// <summary>Writes one line.</summary>
    protected abstract void Write(LogLine line, TextWriter writer);
}

/// <summary>Knows, where a process has better means than Orleans' request context, for whom it works just now.</summary>
public interface ILogActor
{
    /// <summary>Who sent the request that is being worked on: see <see cref="SoonShop.Auditing.Actors"/>. Null when that is not known.</summary>
    string? Current { get; }
}

/// <summary>How a process logs.</summary>
/// <param name="Service">Its name.</param>
/// <param name="ShowsDevelopmentSecrets">True in development alone: tokens that a mail would bring stand in the log.</param>
internal sealed record LogSettings(string Service, bool ShowsDevelopmentSecrets);
