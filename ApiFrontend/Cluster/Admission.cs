using System.Diagnostics;
using System.Diagnostics.Metrics;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>How requests of a route are admitted.</summary>
internal enum AdmissionClass
{
    /// <summary>Admitted while the limit allows it.</summary>
    Normal,
    /// <summary>
    /// Always admitted, and before others: for requests that others must not delay, and those that clients would repeat after a refusal.
    /// </summary>
    Priority,
    /// <summary>Always admitted and not counted: for requests that cost nothing or have a limit of their own.</summary>
    Free,
    /// <summary>Admitted within the limit for requests that wait for the payment provider.</summary>
    Payments,
    /// <summary>Admitted within the limit for requests that wait for a password to be hashed or verified.</summary>
    Passwords,
}

/// <summary>
/// Refuses requests beyond the shop's capacity before any work is done for them, so that admitted requests stay fast. Each class of routes
/// has a limit of its own, so that a slow class neither takes capacity from the others nor lowers their limit.
/// </summary>
internal sealed class Admission
{
    private static readonly Error Full = Error.Of(
        ErrorCode.Unavailable, "error.full",
        "The shop is very busy. Try again in a moment; nothing was done.").WithRetryAfter(TimeSpan.FromSeconds(1));

    private readonly AdmissionLimit general, payments, passwords;
    private readonly GatewayMetrics metrics;

    public Admission(AdmissionOptions options, TimeProvider time, GatewayMetrics metrics)
    {
        this.metrics = metrics;
        (general, payments, passwords) = (new(options, time), new(options.ForPayments(), time), new(options.ForPasswords(), time));
        (string Name, AdmissionLimit Limit)[] limits = [("general", general), ("payments", payments), ("passwords", passwords)];
        metrics.Meter.CreateObservableGauge(
            "soonshop.gateway.limit", () => limits.Select(l => Measure(l.Name, l.Limit.Limit)), "{request}",
            "The limit of concurrent requests, by class of route.");
        metrics.Meter.CreateObservableGauge(
            "soonshop.gateway.in_flight", () => limits.Select(l => Measure(l.Name, l.Limit.InFlight)), "{request}",
            "Concurrent requests, by class of route.");
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // A request without a route costs nothing.
        var admission = context.GetEndpoint() is { } endpoint
            ? endpoint.Metadata.GetMetadata<AdmissionRule>()?.Class ?? AdmissionClass.Normal
            : AdmissionClass.Free;
        if (admission == AdmissionClass.Free)
        {
            await next(context);
            return;
        }
        var limit = admission switch
        {
            AdmissionClass.Payments => payments,
            AdmissionClass.Passwords => passwords,
            _ => general,
        };
        if (!await limit.EnterAsync(admission == AdmissionClass.Priority, context.RequestAborted))
        {
            metrics.Shed();
            await new Problem(Full).ExecuteAsync(context);
            return;
        }
        metrics.Admitted();
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            limit.Leave(Stopwatch.GetElapsedTime(start));
        }
    }

    private static Measurement<int> Measure(string name, int value) => new(value, new KeyValuePair<string, object?>("class", name));
}

/// <summary>The <see cref="AdmissionClass"/> of a route.</summary>
internal sealed record AdmissionRule(AdmissionClass Class);

/// <summary>Declares the admission of routes, and enables it.</summary>
internal static class AdmissionExtensions
{
    /// <summary>Sets how requests of a route are admitted; the default is <see cref="AdmissionClass.Normal"/>.</summary>
    public static TBuilder Admit<TBuilder>(this TBuilder routes, AdmissionClass admission) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new AdmissionRule(admission));

    /// <summary>Adds admission to the pipeline, if it is enabled.</summary>
    public static void UseAdmission(this IApplicationBuilder app, AdmissionOptions options)
    {
        if (!options.Enabled)
            return;
        var admission = app.ApplicationServices.GetRequiredService<Admission>();
        app.Use(next => context => admission.InvokeAsync(context, next));
    }
}
