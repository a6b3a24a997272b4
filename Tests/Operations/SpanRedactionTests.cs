using System.Diagnostics;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Tests.Operations;

public sealed class SpanRedactionTests
{
    private const string Hook = "https://hooks.example/services/T000/B000/PlantedSecret";

    [Fact]
    public void a_span_leaves_without_secrets_wherever_they_stand()
    {
        using var span = new Activity("GET");
        span.SetTag("url.full", Hook).SetTag("rpc.orleans.target_id", "cart/0123456789abcdef0123456789abcdef").SetTag("count", 3);
        span.AddException(new InvalidOperationException("Key (email)=(ada@example.com) exists"));
        span.AddEvent(new ActivityEvent("asked", tags: new() { ["of"] = "ada@example.com", ["count"] = 3 }));
        span.SetStatus(ActivityStatusCode.Error, "ada@example.com is there");
        using var redaction = new SpanRedaction();
        redaction.OnEnd(span);
        var all = string.Join(
            '\n', span.TagObjects.Concat(span.Events.SelectMany(e => e.Tags))
                .Select(t => $"{t.Key}={t.Value}").Append(span.StatusDescription));
        Assert.All((string[])["PlantedSecret", "0123456789abcdef", "ada@"], planted =>
            Assert.DoesNotContain(planted, all, StringComparison.Ordinal));
        Assert.Equal("https://hooks.example", span.GetTagItem("url.full"));
        Assert.Equal(["exception", "asked"], span.Events.Select(e => e.Name));
        Assert.Equal(["exception.type=System.InvalidOperationException"], span.Events.First().Tags.Select(t => $"{t.Key}={t.Value}"));
        Assert.Equal(3, span.Events.Last().Tags.Single(t => t.Key == "count").Value);
    }

    [Fact]
    public void the_payment_providers_addresses_are_shown()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == TelemetryHosting.PaymentSource,
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource(TelemetryHosting.PaymentSource);
        using var payment = source.StartActivity("payment create");
        using var call = new Activity("POST").SetTag("url.full", "https://api.stripe.example/v1/payment_intents").Start();
        using var redaction = new SpanRedaction();
        redaction.OnEnd(call);
        Assert.Equal("https://api.stripe.example/v1/payment_intents", call.GetTagItem("url.full"));
    }
}
