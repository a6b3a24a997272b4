using Npgsql;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Users;

namespace SoonShop.Silo.Exports;

/// <summary>The accounts, without those that are erased.</summary>
internal sealed class CustomersExport(NpgsqlDataSource database) : ICsvExport
{
    public string Kind => "customers";

    public IReadOnlyList<string> Columns { get; } =
    [
        "ID", CustomerColumns.Email, CustomerColumns.Name, "E-mail verified", "Created", CustomerColumns.Groups,
        CustomerColumns.TaxExemption, CustomerColumns.Locale, CustomerColumns.AddressName, CustomerColumns.Line1, CustomerColumns.Line2,
        CustomerColumns.City, CustomerColumns.Region, CustomerColumns.PostalCode, CustomerColumns.Country, CustomerColumns.Phone,
    ];

    public bool IsPersonal => true;

    public Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation) => StateRows.ReadAsync(
        database,
        """
        select grain_key, state from grain_state_user
        where state_name = 'user' and state is not null and grain_key > $1 order by grain_key limit $2
        """,
        after,
        reader => StateRows.State<UserState>(reader, 1) is { Erasure: null } user ? [Row(user)] : [],
        cancellation);

    private static string[] Row(UserState user)
    {
        var address = user.Addresses.FirstOrDefault()?.Address;
        return
        [
            user.Id.ToString(), CsvGuard.Add(user.Email), CsvGuard.Add(user.DisplayName), user.EmailVerified ? "yes" : "no",
            StateRows.Time(user.CreatedAt), string.Join(' ', user.CustomerGroups), CsvGuard.Add(user.TaxExemptionReason ?? ""), user.Locale,
            .. new[]
            {
                address?.Name, address?.Line1, address?.Line2, address?.City, address?.Region, address?.PostalCode, address?.Country,
                address?.Phone,
            }.Select(part => CsvGuard.Add(part ?? "")),
        ];
    }
}
