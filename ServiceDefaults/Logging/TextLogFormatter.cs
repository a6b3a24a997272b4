using System.Globalization;
using Microsoft.Extensions.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>Writes one line of text, with the exception below it.</summary>
internal sealed class TextLogFormatter(LogSettings settings, ILogActor? actor = null) : ShopLogFormatter(FormatName, settings, actor)
{
    public const string FormatName = "soonshop-text";

    protected override void Write(LogLine line, TextWriter writer)
    {
        writer.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{line.At.UtcDateTime:HH:mm:ss.fff} {Short(line.Level)} {line.Category}: {OneLine(line.Message)}"));
        if (line.TraceId is { } trace)
            writer.Write($" (trace {trace}{(line.Actor is { } who ? $", {who}" : "")})");
        writer.WriteLine();
        if (line.Exception is { } exception)
            writer.WriteLine(exception);
    }

    /// <summary>Escapes line breaks, so that input cannot forge log lines.</summary>
    private static string OneLine(string message) =>
        message.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Short(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
