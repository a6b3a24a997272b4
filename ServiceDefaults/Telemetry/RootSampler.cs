using System.Diagnostics;
using OpenTelemetry.Trace;

namespace SoonShop.ServiceDefaults.Telemetry;

/// <summary>
/// Decides whether a new trace is recorded. A trace starts with a client's request or with an event, and the configured share of them is
/// recorded. Child spans follow the decision of their root. The shop's own background work (polls, probes, batches) starts no traces,
/// because it never ends and nobody waits for it. A call that reaches a silo without a trace starts none either, because its request was
/// not selected.
/// </summary>
/// <param name="ratio">The recorded share, by the trace's id, or at random when an untrusted caller chose the id.</param>
/// <param name="trustsCallers">False for untrusted callers, who must not decide whether their requests are traced.</param>
public sealed class RootSampler(double ratio, bool trustsCallers) : Sampler
{
    private readonly TraceIdRatioBasedSampler part = new(ratio);

    private readonly ActivityKind beginning = trustsCallers ? ActivityKind.Consumer : ActivityKind.Server;

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (parent.TraceId != default && (trustsCallers || !parent.IsRemote))
            return new SamplingResult(parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));
        if (samplingParameters.Kind != beginning)
            return new SamplingResult(false);
        // An untrusted caller could choose trace ids that select every request.
        return parent.TraceId != default ? new SamplingResult(Random.Shared.NextDouble() < ratio) : part.ShouldSample(samplingParameters);
    }
}
