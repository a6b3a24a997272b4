using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SoonShop.Silo.Integrity;

/// <summary>The command <c>Silo check</c>: runs the integrity check once and prints its report.</summary>
/// <param name="Json">True for JSON instead of text.</param>
/// <param name="Rows">The most rows of each check; null for <c>Integrity:MaxRows</c>.</param>
internal sealed record CheckCommand(bool Json, int? Rows)
{
    /// <summary>Breaches were found.</summary>
    public const int Broken = 1;

    /// <summary>sysexits.h: the schema of the database is not the one that the check needs.</summary>
    public const int Unavailable = 69;

    /// <summary>sysexits.h: it was not finished, or some checks could not be made, and those that were found nothing; try again.</summary>
    public const int Unfinished = 75;

    /// <summary>Reads the arguments after <c>check</c>; null when one of them is unknown.</summary>
    public static CheckCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = new CheckCommand(false, null);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
                command = command with { Json = true };
            else if (arguments[i] == "--rows"
                && i + 1 < arguments.Length
                && int.TryParse(arguments[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var rows)
                && rows is >= 1 and <= 100_000)
                command = command with { Rows = rows };
            else
                return null;
        }
        return command;
    }

    /// <summary>
    /// Runs the check and prints the report; returns the exit code. Ctrl-C and SIGTERM end it and release the database's snapshot.
    /// </summary>
    public async Task<int> RunAsync(SiloConfiguration configuration)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        if (Rows is { } rows)
            configuration.Integrity.MaxRows = rows;
        try
        {
            var report = await IntegrityChecker.Of(configuration).RunAsync(configuration.Database.ConnectionString, stop.Token);
            Console.WriteLine(Json ? JsonSerializer.Serialize(report, JsonOptions) : report.ToText());
            if (report.Failures is { } failures)
                Console.Error.WriteLine($"Silo check: {failures}");
            return report.Breaches > 0 ? Broken : report.Failed > 0 ? Unfinished : 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Silo check: stopped before it finished. There is no result.");
            return Unfinished;
        }
        catch (SchemaMismatchException e)
        {
            Console.Error.WriteLine($"Silo check: {e.Message}");
            return Unavailable;
        }
        catch (Exception e) when (e is IntegrityCheckOverdueException or IntegrityCheckInterruptedException)
        {
            Console.Error.WriteLine($"Silo check: {e.Message}");
            return Unfinished;
        }
    }

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
