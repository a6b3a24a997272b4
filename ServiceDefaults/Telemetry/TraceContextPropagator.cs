using System.Diagnostics;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>Propagates W3C trace context without baggage. A client's baggage would otherwise reach every grain and other servers.</summary>
internal sealed class TraceContextPropagator : DistributedContextPropagator
{
    private readonly DistributedContextPropagator w3c = CreateW3CPropagator();

    private static readonly string[] FieldNames = ["traceparent", "tracestate"];

    public override IReadOnlyCollection<string> Fields => FieldNames;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (setter is null)
            return;
        w3c.Inject(activity, carrier, (to, name, value) =>
        {
            if (FieldNames.Contains(name))
                setter(to, name, value);
        });
    }

    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        w3c.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;
}
