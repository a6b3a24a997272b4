using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SoonShop.Payments;

namespace SoonShop.Tests.Payments.AcmePay;

/// <summary>A payment, as AcmePay's API and webhooks show it.</summary>
internal sealed record AcmePayment(
    string Id, string Key, Guid Order, long Amount, string Currency, string State, string? Reason, long Refunded, DateTimeOffset CreatedAt)
{
    public ProviderPayment ToPayment() => new(Id, Status, Status == ProviderPaymentStatus.RequiresAction ? $"approve {Id}" : null, Reason);

    public ProviderTransaction ToTransaction() => new(
        Id, Order, new Money(Amount, Currency), Status, Status == ProviderPaymentStatus.Captured ? Amount : 0, Refunded, false, CreatedAt);

    public ProviderPaymentStatus Status => State switch
    {
        "paid" => ProviderPaymentStatus.Captured,
        "waiting" => ProviderPaymentStatus.RequiresAction,
        "refused" => ProviderPaymentStatus.Declined,
        _ => ProviderPaymentStatus.Cancelled,
    };
}

/// <summary>Sends requests to AcmePay.</summary>
internal sealed class AcmePayApi : IDisposable
{
    private readonly HttpClient http;

    public AcmePayApi(IOptions<AcmePayOptions> options)
    {
        http = new HttpClient { BaseAddress = new Uri(options.Value.Url), Timeout = TimeSpan.FromSeconds(options.Value.TimeoutSeconds) };
        http.DefaultRequestHeaders.Add("X-Api-Key", options.Value.ApiKey);
    }

    public Task<AcmePayment?> GetAsync(string id, CancellationToken cancellation) =>
        SendAsync<AcmePayment>(HttpMethod.Get, $"/payments/{id}", null, cancellation);

    public async Task<AcmePayment> PostAsync(string path, object body, CancellationToken cancellation) =>
        await SendAsync<AcmePayment>(HttpMethod.Post, path, body, cancellation)
            ?? throw new UnavailableException($"AcmePay does not know {path}.");

    /// <summary>Returns null for 404.</summary>
    public async Task<T?> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellation) where T : class
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await http.SendAsync(request, cancellation);
            return response.StatusCode == HttpStatusCode.NotFound
                ? null
                : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new UnavailableException($"AcmePay does not answer: {e.Message}");
        }
    }

    public void Dispose() => http.Dispose();
}

internal sealed class AcmePayProvider(AcmePayApi api) : IPaymentProvider
{
    public bool IsAvailable => true;

    public Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        CreateAsync(command, command.PaymentMethod, cancellation);

    /// <summary>Uses up the key: if AcmePay has not seen it, it makes a cancelled payment.</summary>
    public Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        CreateAsync(command, "none", cancellation);

    public async Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation) =>
        (await api.GetAsync(reference, cancellation))?.ToPayment();

    public async Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation) =>
        (await api.PostAsync($"/payments/{reference}/cancel", new { }, cancellation)).ToPayment();

    /// <summary>AcmePay always captures at once.</summary>
    public async Task<ProviderPayment> CaptureAsync(
        string reference, Money amount, string idempotencyKey, CancellationToken cancellation) =>
        await RetrieveAsync(reference, cancellation) ?? new ProviderPayment(reference, ProviderPaymentStatus.Cancelled);

    public async Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation)
    {
        var amount = command.Amount.Amount;
        await api.PostAsync($"/payments/{command.Reference}/refund", new { Key = command.IdempotencyKey, Amount = amount }, cancellation);
        return new ProviderRefund(
            $"{command.Reference}/{command.IdempotencyKey}", ProviderRefundStatus.Succeeded, amount, null, command.IdempotencyKey);
    }

    private async Task<ProviderPayment> CreateAsync(CreateProviderPayment command, string method, CancellationToken cancellation)
    {
        var (amount, currency) = command.Amount;
        var body = new { Key = command.IdempotencyKey, Order = command.OrderId, Amount = amount, Currency = currency, Method = method };
        return (await api.PostAsync("/payments", body, cancellation)).ToPayment();
    }
}

internal sealed class AcmePayMethods : IPaymentMethods
{
    public bool AreSaved => false;

    public Task<string?> CreateCustomerAsync(CreateProviderCustomer command, CancellationToken cancellation) =>
        Task.FromResult<string?>(null);

    public Task<ImmutableArray<SavedPaymentMethod>> ListAsync(string customer, CancellationToken cancellation) =>
        Task.FromResult<ImmutableArray<SavedPaymentMethod>>([]);

    public Task<bool> RemoveCustomerAsync(string customer, CancellationToken cancellation) => Task.FromResult(false);

    public Task<bool> RemoveAsync(string customer, string methodId, CancellationToken cancellation) => Task.FromResult(false);
}

internal sealed class AcmePayTransactions(AcmePayApi api) : IProviderTransactions
{
    public async Task<ProviderTransaction?> FindAsync(string reference, CancellationToken cancellation) =>
        (await api.GetAsync(reference, cancellation))?.ToTransaction();

    public async Task<ProviderTransactionPage> ListAsync(
        DateTimeOffset from, DateTimeOffset to, string? after, int limit, CancellationToken cancellation)
    {
        var payments = (await api.SendAsync<List<AcmePayment>>(HttpMethod.Get, "/payments", null, cancellation) ?? [])
            .Where(p => p.CreatedAt >= from && p.CreatedAt < to && string.CompareOrdinal(p.Id, after) > 0)
            .OrderBy(p => p.Id, StringComparer.Ordinal).ToList();
        return new ProviderTransactionPage([.. payments.Take(limit).Select(p => p.ToTransaction())], payments.Count > limit);
    }
}

/// <summary>AcmePay signs the body: <c>X-Acme-Hmac</c> is its HMAC-SHA256 in base64.</summary>
internal sealed class AcmePayWebhooks(IOptions<AcmePayOptions> options) : IPaymentWebhooks
{
    public const string Header = "X-Acme-Hmac";

    public static string Sign(string key, byte[] body) => Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), body));

    public WebhookParseResult Read(ProviderWebhook webhook)
    {
        var expected = Sign(options.Value.WebhookKey, webhook.Body);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(webhook.Header(Header))))
            return new(null, Error.Invalid(Header, ErrorText.Untranslated("is no signature of the body")));
        var payment = JsonSerializer.Deserialize<AcmePayment>(webhook.Body, JsonSerializerOptions.Web)!;
        var update = new PaymentUpdate($"{payment.Id}/{payment.State}", $"payment.{payment.State}", payment.Id, payment.Order);
        return new(update with { Status = payment.Status }, null);
    }
}
