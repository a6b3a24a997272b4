using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Writes redacted lines to standard output. The logging thread calls it, because that thread knows its request.</summary>
internal abstract class ShopLogFormatter(string name, LogSettings settings, ILogActor? actor) : ConsoleFormatter(name)
{
    protected LogSettings Settings => settings;

    public sealed override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var shows = settings.ShowsDevelopmentSecrets && logEntry.EventId.Name == LogEvents.DevelopmentSecret;
        Write(
            LogLine.Of(logEntry, scopeProvider, actor?.Current ?? RequestContext.Get(RequestKeys.Actor) as string, redacts: !shows),
            textWriter);
    }

    /// <summary>Writes one line.</summary>
    protected abstract void Write(LogLine line, TextWriter writer);
}

/// <summary>Provides the current actor, for a process that knows it better than Orleans' request context.</summary>
public interface ILogActor
{
    /// <summary>The caller of the current request: see <see cref="SoonShop.Auditing.Actors"/>. Null when unknown.</summary>
    string? Current { get; }
}

/// <summary>The log settings of a process.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="ShowsDevelopmentSecrets">True only in development: the log contains the tokens that mails would contain.</param>
internal sealed record LogSettings(string Service, bool ShowsDevelopmentSecrets);
