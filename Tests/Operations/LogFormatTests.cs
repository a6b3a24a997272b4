using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SoonShop.Logging;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.Tests.Operations;

public sealed class LogFormatTests
{
    private static readonly LogSettings Settings = new("soonshop-test", ShowsDevelopmentSecrets: false);

    [Fact]
    public void a_line_tells_what_happened_and_to_whom_it_belongs()
    {
        var user = Guid.NewGuid();
        using var activity = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C)
            .Start();
        var line = Json(
            new JsonLogFormatter(Settings, new Somebody($"{user}")), LogLevel.Warning, "Order {OrderId} of {Email} waits, {Count} of it",
            ["o-1", "ada@example.com", 3]);
        Assert.Equal(
            ("warning", "soonshop-test", "Test.Category", "Order o-1 of [redacted] waits, 3 of it", activity.TraceId.ToString(),
                activity.SpanId.ToString(), $"{user}"),
            ((string?)line["level"], (string?)line["service"], (string?)line["category"], (string?)line["message"],
                (string?)line["traceId"], (string?)line["spanId"], (string?)line["userId"]));
        Assert.Equal(
            ("o-1", "[redacted]", 3),
            ((string?)line["properties"]!["OrderId"], (string?)line["properties"]!["Email"], (int)line["properties"]!["Count"]!));
    }

    [Fact]
    public void without_a_span_the_request_is_known_by_its_correlation_id()
    {
        Assert.Null(Activity.Current);
        RequestContext.Set(RequestKeys.CorrelationId, "4bf92f3577b34da6a3ce929d0e0e4736");
        RequestContext.Set(RequestKeys.Actor, "api-key/1");
        var line = Json(new JsonLogFormatter(Settings), LogLevel.Information, "Done", []);
        Assert.Equal(("4bf92f3577b34da6a3ce929d0e0e4736", "api-key/1"), ((string?)line["traceId"], (string?)line["actor"]));
        Assert.Null(line["userId"]);
    }

    [Fact]
    public void a_line_is_bounded_and_stays_one_line()
    {
        var text = Write(
            new JsonLogFormatter(Settings), LogLevel.Error, "{A}", [new string('x', 1_000_000)],
            new InvalidOperationException("password=hunter2 " + new string('y', 1_000_000)));
        Assert.InRange(text.Length, 1, 40_000);
        Assert.Equal(1, text.TrimEnd().Count(c => c == '\n') + 1);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", text, StringComparison.Ordinal);
        Assert.Equal(
            "first\nsecond \"quoted\"",
            (string?)Json(new JsonLogFormatter(Settings), LogLevel.Debug, "first\nsecond \"quoted\"", [])["message"]);
        Assert.Equal("NaN", (string?)Json(new JsonLogFormatter(Settings), LogLevel.Debug, "{N}", [double.NaN])["properties"]!["N"]);
    }

    [Fact]
    public void text_is_redacted_like_json_and_shows_development_its_secrets_alone()
    {
        var development = Settings with { ShowsDevelopmentSecrets = true };
        Assert.DoesNotContain(
            "ada@", Write(new TextLogFormatter(development), LogLevel.Information, "{Name}", ["ada@example.com"]),
            StringComparison.Ordinal);
        Assert.Contains(
            "ada@example.com", Write(new TextLogFormatter(development), LogLevel.Information, "{Email}", ["ada@example.com"],
                eventName: LogEvents.DevelopmentSecret), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "ada@", Write(new TextLogFormatter(Settings), LogLevel.Information, "{Email}", ["ada@example.com"],
                eventName: LogEvents.DevelopmentSecret), StringComparison.Ordinal);
    }

    [Fact]
    public void private_values_are_taken_out_whole_whatever_they_are()
    {
        var secret = string.Concat(Enumerable.Range(0, 1500).Select(i => $"{i:x4}"));
        var line = Json(
            new JsonLogFormatter(Settings), LogLevel.Error, "{A} {Token} {ApiKeyNumber} {SecretList} {Password}",
            ["a", secret, 123456, (string[])["first", "second"], null]);
        Assert.Equal("a [redacted] [redacted] [redacted], [redacted] (null)", (string?)line["message"]);
        Assert.Equal(("[redacted]", "[redacted]"), ((string?)line["properties"]!["Token"], (string?)line["properties"]!["ApiKeyNumber"]));
        Assert.Null(line["properties"]!["Password"]);
    }

    [Fact]
    public void a_cut_leaves_no_half_of_a_secret()
    {
        foreach (var before in Enumerable.Range(8150, 50))
        {
            var message = (string?)Json(new JsonLogFormatter(Settings), LogLevel.Error,
                $"{new string('x', before)} eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl {new string('y', 3000)}", [])["message"];
            Assert.DoesNotContain("eyJ", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void what_cannot_be_told_does_no_harm_and_the_messages_own_is_told_first()
    {
        var scopes = new LoggerExternalScopeProvider();
        using var around = scopes.Push(Enumerable.Range(0, 100).ToDictionary(i => $"Scope{i}", i => (object?)i));
        using var nearest = scopes.Push(new Dictionary<string, object?> { ["Near"] = "by", ["Broken"] = "no" });
        var line = JsonNode.Parse(Write(new JsonLogFormatter(Settings), LogLevel.Error, "{Broken}", [new Broken()], scopes: scopes))!;
        Assert.Contains(nameof(NotSupportedException), (string?)line["message"], StringComparison.Ordinal);
        Assert.Contains(nameof(NotSupportedException), (string?)line["properties"]!["Broken"], StringComparison.Ordinal);
        Assert.Equal(("by", 30), ((string?)line["properties"]!["Near"], line["properties"]!.AsObject().Count));
    }

    [Fact]
    public void nobody_writes_lines_of_their_own() => Assert.Single(
        Write(new TextLogFormatter(Settings), LogLevel.Error, "{A}", ["first\r\n09:30:00.000 crit second"]).TrimEnd().Split('\n'));

    private static JsonObject Json(ShopLogFormatter formatter, LogLevel level, string template, object?[] values) =>
        JsonNode.Parse(Write(formatter, level, template, values))!.AsObject();

    private static string Write(
        ShopLogFormatter formatter, LogLevel level, string template, object?[] values, Exception? exception = null,
        string? eventName = null, IExternalScopeProvider? scopes = null)
    {
        using var text = new StringWriter();
        var logger = new Capture(formatter, text, eventName, scopes);
#pragma warning disable CA1848, CA2254 // The template is the test's.
        logger.Log(level, new EventId(1, eventName), exception, template, values);
#pragma warning restore CA1848, CA2254
        return text.ToString();
    }

    private sealed class Broken
    {
        public override string ToString() => throw new NotSupportedException();
    }

    private sealed record Somebody(string? Current) : ILogActor;

    private sealed class Capture(ShopLogFormatter formatter, TextWriter writer, string? eventName, IExternalScopeProvider? scopes) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> format) =>
            formatter.Write(
                new LogEntry<TState>(logLevel, "Test.Category", new EventId(eventId.Id, eventName), state, exception, format), scopes,
                writer);
    }
}
