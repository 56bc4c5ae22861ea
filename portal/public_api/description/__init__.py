"""«Описание»: the API's document (`openapi.json`, kept by hand) as a page, and forms that try it for real."""

from portal.public_api.description.feature import feature as feature
from portal.public_api.description.views import index as index
