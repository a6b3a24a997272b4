using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>
/// A payment provider that moves no money and responds like Stripe's test cards (docs.stripe.com/testing). It stores its transactions in
/// the database, separate from the shop's state. It stores no payment methods for customers: anyone may use its test cards at any time.
/// </summary>
internal sealed class SimulatedPaymentProvider(NpgsqlDataSource database, IOptions<PaymentsOptions> payments)
    : IPaymentProvider, IPaymentMethods, ISimulatedPayments, IAsyncDisposable
{
    /// <summary>The columns of <see cref="Read"/>, in order.</summary>
    internal const string Columns = "reference, status, client_secret, decline_code, captured";

    private readonly SimulatedPaymentCreation creation = new(database);

    /// <summary>The status of a payment that was not declined.</summary>
    private readonly string granted = payments.Value.Capture == CaptureMode.Manual ? "authorized" : "captured";

    public bool IsAvailable => true;

    public bool AreSaved => false;

    public Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        CreateAsync(command, Outcome(command.PaymentMethod), cancellation);

    public Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        CreateAsync(command, ("cancelled", null), cancellation);

    private Task<ProviderPayment> CreateAsync(
        CreateProviderPayment command, (string Status, string? DeclineCode) outcome, CancellationToken cancellation)
    {
        var reference = $"sim_{command.IdempotencyKey}";
        var secret = outcome.Status == "requires_action" ? $"{reference}_secret_{Guid.NewGuid():N}" : null;
        return creation.CreateAsync(
            new NewSimulatedPayment(
                reference, command.IdempotencyKey, command.OrderId, command.Amount, command.PaymentMethod, outcome.Status, secret,
                outcome.DeclineCode),
            cancellation);
    }

    public async Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation)
    {
        await using var command = Command($"select {Columns} from simulated_payment where reference = $1", [reference]);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    public async Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation)
    {
        await ExecuteAsync(
            "update simulated_payment set status = 'cancelled' where reference = $1 and status in ('requires_action', 'authorized')",
            cancellation, reference);
        var standing = await CurrentAsync(reference, cancellation);
        // A declined payment keeps that status in the table; nobody can complete it.
        return standing.Status == ProviderPaymentStatus.Declined ? standing with { Status = ProviderPaymentStatus.Cancelled } : standing;
    }

    public async Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation)
    {
        await ExecuteAsync(
            "update simulated_payment set status = 'captured', captured = $2 where reference = $1 and status = 'authorized' and amount >= "
                + "$2",
            cancellation, reference, amount.Amount);
        return await CurrentAsync(reference, cancellation);
    }

    public async Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation)
    {
        var refund = $"simre_{command.IdempotencyKey}";
        var amount = command.Amount.Amount;
        await ExecuteAsync("""
            insert into simulated_refund (reference, idempotency_key, payment_reference, amount)
            select $1, $2, p.reference, $4 from simulated_payment p
            where p.reference = $3 and p.status = 'captured'
              and coalesce(p.captured, p.amount) >= $4 + (select coalesce(sum(r.amount), 0) from simulated_refund r
                  where r.payment_reference = p.reference)
            on conflict do nothing
            """, cancellation, refund, command.IdempotencyKey, command.Reference, amount);
        await using var made = database.CreateCommand("select 1 from simulated_refund where idempotency_key = $1 and amount = $2");
        made.Parameters.Add(new() { Value = command.IdempotencyKey });
        made.Parameters.Add(new() { Value = amount });
        return await made.ExecuteScalarAsync(cancellation) is not null
            ? new ProviderRefund(refund, ProviderRefundStatus.Succeeded, amount, null, command.IdempotencyKey)
            : new ProviderRefund("", ProviderRefundStatus.Failed, amount, $"{amount} is more than is left of {command.Reference}");
    }

    public async Task<bool> AuthenticateAsync(Guid orderId, CancellationToken cancellation) =>
        await ExecuteAsync(
            "update simulated_payment set status = $2 where order_id = $1 and status = 'requires_action'", cancellation, orderId, granted)
            > 0;

    public Task<string?> CreateCustomerAsync(CreateProviderCustomer command, CancellationToken cancellation) =>
        Task.FromResult<string?>(null);

    public Task<ImmutableArray<SavedPaymentMethod>> ListAsync(string customer, CancellationToken cancellation) =>
        Task.FromResult<ImmutableArray<SavedPaymentMethod>>([]);

    public Task<bool> RemoveCustomerAsync(string customer, CancellationToken cancellation) => Task.FromResult(false);

    public Task<bool> RemoveAsync(string customer, string methodId, CancellationToken cancellation) => Task.FromResult(false);

    /// <summary>Returns the current payment. A payment of another provider is unknown, so no money can be taken with it.</summary>
    private async Task<ProviderPayment> CurrentAsync(string reference, CancellationToken cancellation) =>
        await RetrieveAsync(reference, cancellation) ?? new ProviderPayment(reference, ProviderPaymentStatus.Cancelled);

    private (string Status, string? DeclineCode) Outcome(string paymentMethod) => paymentMethod switch
    {
        "pm_card_visa" or "pm_card_mastercard" or "pm_card_amex" => (granted, null),
        "pm_card_authenticationRequired" => ("requires_action", null),
        "pm_card_visa_chargeDeclined" => ("declined", "generic_decline"),
        "pm_card_chargeDeclinedInsufficientFunds" => ("declined", "insufficient_funds"),
        _ => ("declined", "unknown_payment_method"),
    };

    /// <summary>Reads a payment from the current row.</summary>
    internal static ProviderPayment Read(NpgsqlDataReader reader) => new(
        reader.GetString(0), StatusOf(reader.GetString(1)), reader.IsDBNull(2) ? null : reader.GetString(2),
        reader.IsDBNull(3) ? null : reader.GetString(3))
    {
        Captured = reader.IsDBNull(4) ? null : reader.GetInt64(4),
    };

    public ValueTask DisposeAsync() => creation.DisposeAsync();

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    internal static ProviderPaymentStatus StatusOf(string text) => text switch
    {
        "captured" => ProviderPaymentStatus.Captured,
        "requires_action" => ProviderPaymentStatus.RequiresAction,
        "authorized" => ProviderPaymentStatus.Authorized,
        "cancelled" => ProviderPaymentStatus.Cancelled,
        _ => ProviderPaymentStatus.Declined,
    };
}
