using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Stores the keys that protect the dashboard's cookies in the database, so that every silo can read the others' cookies. Whoever can read
/// the keys there can also read everything that the dashboard shows. A cookie is valid only with an open session of its account.
/// </summary>
/// <remarks>The interface has no asynchronous methods. It is called when a silo starts, and once a day.</remarks>
internal sealed class DashboardKeys(NpgsqlDataSource database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand("select xml from dashboard_key");
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
            elements.Add(XElement.Parse(reader.GetString(0)));
        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = database.CreateCommand("insert into dashboard_key (name, xml) values ($1, $2) on conflict (name) do nothing");
        command.Parameters.Add(new() { Value = friendlyName });
        command.Parameters.Add(new() { Value = element.ToString(SaveOptions.DisableFormatting) });
        command.ExecuteNonQuery();
    }
}
